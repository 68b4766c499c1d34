"""`status` tells of each process what it lacks, and what to do about a topic that is to be made anew."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ops.cli import main
from ops.local import status
from ops.local.home import home as homes
from ops.local.home import remembered
from ops.local.supervising import manager
from ops.local.supervising.manager import ProcessState
from ops.local.supervising.readiness import ReadyAnswer

STOPPED = ReadyAnswer(False, {"failing": {"log": "The topic holds what the store lacks."}})
LATE = ReadyAnswer(True, {"degraded": {"lag": "up to 7 records wait, the oldest for 12 s"}})
ANSWERS = {"sales": STOPPED, "sales_relay": STOPPED, "worker": LATE}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """One whose processes run, and answer so."""

    async def ask(*_: Any) -> dict[str, ReadyAnswer]:
        return ANSWERS

    states = {name: ProcessState(name, name, "running", None, 0) for name in ANSWERS}
    stack = SimpleNamespace(ports={}, postgres="", kafka="")
    monkeypatch.setattr(remembered, "load", lambda _: stack)
    monkeypatch.setattr(manager, "alive", lambda _: True)
    monkeypatch.setattr(manager, "states", lambda _: states)
    monkeypatch.setattr(manager, "restarts", lambda _: {})
    monkeypatch.setattr(status, "_ask", ask)
    monkeypatch.setattr(homes, "is_home", lambda _: True)
    return {"RAPPORT_HOME": str(tmp_path)}


def test_what_a_process_lacks_stands_below_the_table(home: dict[str, str]) -> None:
    told = CliRunner().invoke(main, ["status"], env=home)
    assert told.exit_code == 1
    assert told.stdout.splitlines()[-2:] == [
        "sales takes no commands until `./rapport republish sales`: The topic holds what the store lacks.",
        "worker: lag up to 7 records wait, the oldest for 12 s",
    ]


def test_a_program_is_told_what_every_process_lacks(home: dict[str, str]) -> None:
    seen = json.loads(CliRunner().invoke(main, ["status", "--json"], env=home).stdout)
    assert seen["services"]["sales"]["failing"] == STOPPED.body["failing"]
    assert seen["processes"]["worker"]["degraded"] == LATE.body["degraded"]
