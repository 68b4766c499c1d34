"""Kafka's jars are the listed ones, or are not used."""

import re
from pathlib import Path

import pytest

from ops.errors import CannotRun
from ops.local.kafka import jars


def test_the_list_names_every_jar_once_with_a_sum_and_without_an_address() -> None:
    listed = jars.listed()
    assert len({jar.file for jar in listed}) == len(listed) == 46
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in listed)
    assert "://" not in jars.SUMS.read_text()


def test_a_jar_with_another_sum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kafka.jar").write_bytes(b"altered")
    with pytest.raises(CannotRun, match="SHA-256"):
        jars.check(jars.listed()[0], tmp_path / "kafka.jar")


def test_a_refused_jar_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def altered(jar: jars.Jar, beside: Path) -> Path:
        path = beside / jar.file
        path.write_bytes(b"altered")
        return path

    monkeypatch.setattr(jars, "_download", altered)
    with pytest.raises(CannotRun):
        jars.fetch(tmp_path / "kafka")
    assert list(tmp_path.iterdir()) == []
