"""A home remembers the addresses, ports and passwords of its stack."""

import stat
from pathlib import Path

import pytest

from ops.local.home import remembered
from ops.local.home.home import Home


def test_passwords_and_free_ports_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = remembered.settle(home, "auto")
    assert remembered.settle(home, None) == first
    assert stat.S_IMODE(home.settings.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stack.stat().st_mode) == 0o600


def test_fixed_ports_can_be_had_back(tmp_path: Path) -> None:
    remembered.settle(Home(tmp_path), "auto")
    assert remembered.settle(Home(tmp_path), "fixed").ports["contacts"] == 8101


def test_given_servers_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "RAPPORT_POSTGRES", "postgresql://admin:secret@db.example:5433/postgres?sslmode=require"
    )
    monkeypatch.setenv("RAPPORT_KAFKA", "kafka.example:9092")
    stack = remembered.settle(Home(tmp_path), None)
    settings = remembered.settings(Home(tmp_path), stack)
    assert not stack.own_postgres
    assert not stack.own_kafka
    assert settings.kafka == "kafka.example:9092"
    password = stack.passwords["sales_log"]
    assert (
        settings.dsn["sales_log"]
        == f"postgresql://sales_log:{password}@db.example:5433/rapport?sslmode=require"
    )
