"""A version filled from the log, as far as can be before the workers follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints, generations
from kernel.taking.checkpoints import Checkpoint
from kernel.view.building import beside
from kernel.view.building.source import Source
from kernel.view.view import View
from ops.advance import Advance, Say
from ops.rebuilding import crew
from ops.rebuilding.pacing import Pacing
from ops.rebuilding.sources import source

LITTLE = 2_000
"""Events that may be taken in a hurry: some tenths of a second."""


@dataclass(frozen=True)
class How:
    """How a version is to be filled."""

    workers: int | None = None
    """None: as many as are worth it."""
    archive: Path | None = None
    """What the events are taken from, before the topics."""
    most: int | None = None
    """Events a second; None: as many as disturb nobody."""


AS_IS_BEST = How()


@dataclass
class Pace:
    """Tells how far a build is, writes down how long it has worked, and holds it back."""

    version: View[Any]
    log: Source
    begin: Mapping[int, Checkpoint]
    """Where this run found the version."""
    pacing: Pacing
    advance: Advance
    taken: int = 0
    _worked: float = 0.0

    async def tell(self, records: int) -> None:
        self.taken += records
        await self.look()
        await self.pacing.rest(records)

    async def look(self) -> None:
        """Where it is time."""
        if self.advance.due():
            self.advance.tell(self.taken, await self.log.left(self.begin))
            await self.note()

    async def note(self) -> None:
        """The time since it was last noted: that between a run that is killed and the next is no work."""
        seconds = self.advance.seconds
        worked, self._worked = seconds - self._worked, seconds
        async with self.pacing.alone:
            await beside.worked(self.pacing.db, self.version, worked)


async def filled(
    settings: Settings,
    owner: asyncpg.Connection,
    view: View[Any],
    how: How,
    say: Say,
) -> Pace:
    """A version that lacks next to nothing of what the log has by now; none where the log cannot be opened.

    Each round takes what came in during the one before, and hurries where little is left or rounds do not get
    shorter: what is left at last, the workers read again, while every view waits for them. They end where
    nothing is left, or after a hurried one more than half as much as before.
    """
    names = await generations.topics(owner, settings, view.services)
    async with source(settings, names, how.archive) as log:
        version = await beside.begun(owner, view)
        begin = await _heads(owner, version)
        left = await log.left(begin)
        advance = Advance(version.table_name, say)
        pace = Pace(version, log, begin, Pacing(owner, log, version.name, how.most), advance)
        await pace.look()
        workers = how.workers or crew.size(left)
        async with crew.started(
            settings, version, how.archive, workers, pace.pacing.turn, how.most
        ) as members:
            before = inf
            while left and not (pace.pacing.hurries and left > before / 2):
                pace.pacing.hurries = left <= LITTLE or left > before / 2
                await members.fill(range(PARTITIONS), pace.tell)
                before, left = left, await log.left(await _heads(owner, version))
        await pace.note()
    return pace


async def _heads(owner: asyncpg.Connection, version: View[Any]) -> Mapping[int, Checkpoint]:
    return (await checkpoints.every(owner, [version]))[version.taker]
