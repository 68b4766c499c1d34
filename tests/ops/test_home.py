"""The home: its layout and the settings that it holds."""

import stat
from pathlib import Path

import pytest

from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local import home as homes
from ops.local import record as records
from ops.local import variables
from ops.local.home import Home


def test_a_home_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.layout.write_text("2\n")
    with pytest.raises(CannotRun, match="layout '2'"):
        homes.prepare(home)
    assert list(tmp_path.iterdir()) == [home.layout]


def test_preparing_a_home_twice_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    homes.prepare(home)
    (home.logs / "contacts.log").write_text("kept")
    homes.prepare(home)
    assert (home.logs / "contacts.log").read_text() == "kept"


def test_a_full_disk_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "MEGABYTES_NEEDED", 1 << 40)
    with pytest.raises(CannotRun, match="the disk is full"):
        homes.prepare(Home(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_settings_survive_the_file_whatever_the_path_holds(tmp_path: Path) -> None:
    written = Settings(
        mode="local",
        dsn={"contacts_app": "postgresql://contacts_app:p@127.0.0.1:1/rapport"},
        keys=tmp_path / 'it\'s a "home" # 100%',
        port={"contacts": 8101, "sales_react": 8302},
    )
    variables.write(tmp_path / "rapport.env", variables.of(written))
    assert Settings(_env_file=tmp_path / "rapport.env") == written  # type: ignore[call-arg]


def test_passwords_and_free_ports_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = records.settle(home, "auto")
    assert records.settle(home, None) == first
    assert stat.S_IMODE(home.settings.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.record.stat().st_mode) == 0o600


def test_fixed_ports_can_be_had_back(tmp_path: Path) -> None:
    records.settle(Home(tmp_path), "auto")
    assert records.settle(Home(tmp_path), "fixed").ports["contacts"] == 8101


def test_given_servers_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "RAPPORT_POSTGRES", "postgresql://admin:secret@db.example:5433/postgres?sslmode=require"
    )
    monkeypatch.setenv("RAPPORT_KAFKA", "kafka.example:9092")
    record = records.settle(Home(tmp_path), None)
    settings = records.settings(Home(tmp_path), record)
    assert not record.own_postgres
    assert not record.own_kafka
    assert settings.kafka == "kafka.example:9092"
    password = record.passwords["sales_log"]
    assert (
        settings.dsn["sales_log"]
        == f"postgresql://sales_log:{password}@db.example:5433/rapport?sslmode=require"
    )
