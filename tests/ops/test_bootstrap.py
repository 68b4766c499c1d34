"""Making the environment: what stands in the way is said in one sentence."""

import errno
from pathlib import Path

import pytest

from ops import bootstrap

SAYINGS = [
    ("OSError: [Errno 28] No space left on device", "disk is full"),
    ("urllib3.exceptions.NewConnectionError: Failed to establish", "could not be fetched"),
    ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE", "not the one in the lock"),
    ("ERROR: No matching distribution found for asyncpg==0.32.0", "no build for this Python"),
]


@pytest.mark.parametrize(("output", "sentence"), SAYINGS)
def test_what_pip_says_becomes_what_to_do(output: str, sentence: str) -> None:
    assert sentence in bootstrap._reason(output, "otherwise")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(bootstrap.Failed, match="something else"):
        bootstrap.ensure(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_an_environment_with_the_stamp_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / bootstrap.BASE).write_bytes((bootstrap.CHECKOUT / bootstrap.BASE).read_bytes())
    bootstrap.ensure(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {bootstrap.BASE, bootstrap.LOCK_FILE}


def test_packages_are_counted_as_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/true")
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    for names, told in ((["one==1"], "1 package of"), (["one==1", "two==2"], "2 packages of")):
        (tmp_path / "some.lock").write_text("\n".join(names))
        bootstrap._install(tmp_path, "some.lock")
        assert f"installing {told} some.lock" in capsys.readouterr().err


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(environment: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(bootstrap, "_make", full)
    with pytest.raises(bootstrap.Failed, match="disk is full"):
        bootstrap.ensure(tmp_path)
