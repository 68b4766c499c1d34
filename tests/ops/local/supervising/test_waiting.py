"""A stack is up once all its processes are, also where a topic has to be made anew: for that they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.errors import CannotRun
from ops.local.home.home import Home
from ops.local.supervising import manager, readiness, waiting
from ops.local.supervising.readiness import ReadyAnswer

READY = ReadyAnswer(True, {"ready": True})
STOPPED = ReadyAnswer(False, {"failing": {"log": "The topic holds what the store lacks."}})
AWAY = ReadyAnswer(False, {"failing": {"database": "away"}})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One whose processes run, and are not given long."""
    monkeypatch.setattr(manager, "alive", lambda _: True)
    monkeypatch.setattr(manager, "restarts", lambda _: {})
    monkeypatch.setattr(waiting, "SECONDS", 0)
    monkeypatch.setattr(waiting, "last_lines", lambda _: "")
    return Home(tmp_path)


def answering(monkeypatch: pytest.MonkeyPatch, **answers: ReadyAnswer) -> None:
    async def ask(_: dict[str, int]) -> dict[str, ReadyAnswer]:
        return answers

    monkeypatch.setattr(readiness, "ask", ask)


async def test_a_service_whose_topic_is_to_be_made_anew_is_up_and_it_is_said_what_to_do(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    answering(monkeypatch, contacts=STOPPED, contacts_relay=STOPPED, sales=READY)
    await waiting.until_ready(home, {}, said.append)
    (line,) = said
    assert line.startswith("contacts takes no commands until `./rapport republish contacts`: The topic holds")


async def test_what_lacks_anything_else_is_not_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, contacts=AWAY, sales=READY)
    with pytest.raises(CannotRun, match="contacts is not ready in time"):
        await waiting.until_ready(home, {}, lambda _: None)
