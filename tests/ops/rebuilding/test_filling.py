"""A version is filled until next to nothing is left for the workers, however much is written meanwhile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

import pytest

from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view import versions
from kernel.view.building.build import Taken
from ops import advance
from ops.rebuilding import crew, filling
from ops.rebuilding.filling import How, filled
from services.contacts.events import NameCorrected
from services.contacts.events.words import Name
from services.projections.customers.person import PERSON
from tests.connecting import owning
from tests.ops.rebuilding.test_command import EVENTS
from tests.ops.verify.showing import CONTACTS, Shown, showing


@dataclass
class Busy:
    """A log to which so many events are added while each round of a build goes on, behind its back."""

    shown: Shown
    writes: Callable[[int], int] = lambda _: 0
    rounds: list[bool] = field(default_factory=list)
    """Whether each hurried."""
    lines: list[str] = field(default_factory=list)
    versions: Counter[UUID] = field(default_factory=lambda: Counter(dict.fromkeys(CONTACTS, 3)))
    """How many events each contact has."""

    async def write(self) -> None:
        """After a round, as if it had begun with the partition of each contact."""
        known = {fact.event_id for _, fact in await self.shown.log.stored()}
        for contact in islice(cycle(CONTACTS), self.writes(len(self.rounds))):
            name = Name(given="Ada", family=f"King{self.versions[contact]}")
            changed = NameCorrected(contact_id=contact, personal=NameCorrected.Personal(name=name))
            await self.shown.record(contact, self.versions[contact], changed)
            self.versions[contact] += 1
        stored = await self.shown.log.stored()
        await self.shown.log.publish([one for one in stored if one[1].event_id not in known])


@pytest.fixture
async def busy(
    settings: Settings, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Busy]:
    """A log on its topic, and views of all of it."""
    monkeypatch.setattr(advance, "SECONDS_BETWEEN_LINES", 0.0)
    real = crew.Crew.fill
    async with showing(settings, postgres, tmp_path) as shown:
        await shown.log.publish()
        busy = Busy(shown)

        async def fill(self: crew.Crew, partitions: Iterable[int], tell: Taken) -> None:
            busy.rounds.append(tell.__self__.pacing.hurries)  # type: ignore[attr-defined]
            await real(self, partitions, tell)
            await busy.write()

        monkeypatch.setattr(crew.Crew, "fill", fill)
        yield busy


async def fill(busy: Busy) -> int:
    """How many events the filled version lacks."""
    settings = busy.shown.log.settings
    async with owning(settings) as owner:
        pace = await filled(settings, owner, PERSON, How(workers=1), busy.lines.append)
    (found,) = (await checkpoints.every(busy.shown.worker, [pace.version])).values()
    taken = sum(checkpoint.head("contacts").position for checkpoint in found.values())
    assert taken == pace.taken
    return len(await busy.shown.log.stored()) - taken


async def test_what_is_written_during_a_build_is_taken_by_it_and_not_left_to_the_workers(busy: Busy) -> None:
    busy.writes = lambda number: {1: 20, 2: 9, 3: 4, 4: 1}.get(number, 0)
    assert await fill(busy) == 0
    assert len(busy.rounds) == 5
    assert busy.lines[0] == f"person__v1_2: 0 of {EVENTS} events"
    told = [re.findall(r"\d+", line)[2:4] for line in busy.lines]
    assert told[-1] == [str(EVENTS + 34)] * 2
    assert str(EVENTS + 20) in [total for taken, total in told if taken != total]
    (made,) = (one for one in await versions.every(busy.shown.worker, [PERSON]) if one.name == "person__v1_2")
    assert (made.state, made.worked > 0) == ("building", True)


async def test_where_as_much_is_written_as_is_taken_the_workers_follow_all_the_same(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "LITTLE", 9)
    busy.writes = lambda _: EVENTS
    assert await fill(busy) == EVENTS
    assert busy.rounds == [False, True]


async def test_a_build_hurries_where_little_is_left(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "LITTLE", 9)
    busy.writes = lambda number: {1: 20, 2: 8, 3: 4, 4: 3}.get(number, 0)
    assert await fill(busy) == 3
    assert busy.rounds == [False, False, True, True]
