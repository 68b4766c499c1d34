"""A process that is older than what was written says so, and decides nothing by it."""

from __future__ import annotations

import pytest

from kernel.log.facts import UnknownVersion
from kernel.web.wire.failures import problem_of
from tests.boats.aggregate import BoatRowed, LaunchBoat, RowBoat
from tests.boats.harbour import Harbour


async def test_a_stream_with_an_event_of_a_later_version_is_for_an_upgraded_process(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    with monkeypatch.context() as upgraded:
        upgraded.setattr(BoatRowed, "version", 2)
        await harbour.two.handle(harbour.call(RowBoat(strokes=3), boat))
    problem = await harbour.refused(RowBoat(strokes=1), boat)
    assert (problem.status, problem.code) == (503, "unavailable")
    assert problem.sentence.endswith(
        "BoatRowed version 2 is newer than 1, the newest known: this process is to be upgraded."
    )
    assert await harbour.events(boat) == ["BoatLaunched", "BoatRowed"]
    monkeypatch.setattr(BoatRowed, "version", 2)
    monkeypatch.setattr(BoatRowed, "upcasters", {1: dict})
    assert (await harbour.ask(RowBoat(strokes=1), boat)).version == 3


def test_a_question_is_answered_likewise() -> None:
    problem = problem_of(UnknownVersion("crm.boats.BoatRowed version 2 is newer than 1, the newest known"))
    assert (problem.status, problem.code) == (503, "unavailable")
    assert "BoatRowed version 2" in problem.sentence
