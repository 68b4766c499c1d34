"""How fast a build may be: as fast as it can, at most so many events a second, and never at others' cost."""

from __future__ import annotations

import asyncio
import os
import time
from asyncio import Task
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from kernel.taking.checkpoints import Checkpoint, checkpoint_of
from kernel.view.building.source import Source

RESTS = 1.0
"""Seconds of rest for each second of work while the log grows."""
SECONDS_LATE = 0.05
"""What waits for longer than this for the version that is read is kept waiting by nobody else."""
FEW = 10
"""So many events may always be on their way."""
LONGEST_REST = 5.0
"""After so long a build goes on all the same: it never stands still."""
MADE_UP_FOR = 0.5
"""Seconds of a delay that a build may make up for which is held to so many events a second."""
MOST_AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
"""Of those who fill, while the log grows."""
SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_UNTIL_QUIET = 2.0
"""After so long without a new event nobody is disturbed by a build."""

LONG_AGO = datetime.fromtimestamp(0, UTC)

LIVE = """
SELECT c.partition, c.topics, c.parked FROM view v JOIN checkpoint c ON c.taker = v.live
WHERE v.name = $1"""


@dataclass
class Pacing:
    """Holds back whoever fills a version of a view, between one batch and the next.

    While the version that is read takes new events, fewer of those who fill work at once than there are
    cores, since even work of low priority is not left at once. Each then rests for as long as it waited for
    its turn and worked: PostgreSQL and Kafka, which know nothing of priorities, are what is live's alone for
    half of the time. And it rests on while more waits for that version than comes in SECONDS_LATE.
    """

    db: asyncpg.Connection
    log: Source
    view: str
    most: int | None = None
    """Events a second."""
    hurries: bool = False
    """Whether live work is not to be waited for now."""
    clock: Callable[[], float] = time.monotonic
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while `db` is used: many may rest, and ask it, at once."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))
    """One for each of those who work at once while the version that is read takes new events."""
    _began: float | None = None
    _free: float | None = None
    """When the next batch may be taken of those that are held to so many a second."""
    _working: dict[Task[Any] | None, float] = field(default_factory=dict)
    """Since when, with the wait for a turn, by who calls."""
    _live: Live | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Where one who fills may work; waits for it while the version that is read takes new events."""
        if self.most is not None or self.hurries or not (await self._look()).busy:
            yield
        else:
            async with self.turns:
                yield

    async def rest(self, records: int) -> None:
        """Returns when the next batch may be taken by the task that calls. Raises KafkaError."""
        caller, now = asyncio.current_task(), self.clock()
        self._began = now if self._began is None else self._began
        worked = now - self._working.get(caller, self._began)
        if self.most is not None:
            earliest = self._began if self._free is None else max(self._free, now - MADE_UP_FOR)
            self._free = earliest + records / self.most
            await asyncio.sleep(max(0.0, self._free - now))
        elif not self.hurries and (await self._look()).busy:
            await asyncio.sleep(min(worked * RESTS, LONGEST_REST))
            until = self.clock() + LONGEST_REST
            while self.clock() < until and (await self._look()).late:  # noqa: ASYNC110 - in a database
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        self._working[caller] = self.clock()

    async def _look(self) -> Live:
        """How the version that is read fares, as it was a moment ago."""
        async with self.alone:
            if self._live is None or self.clock() - self._live.at > SECONDS_BETWEEN_LOOKS / 2:
                heads = {row["partition"]: checkpoint_of(row) for row in await self.db.fetch(LIVE, self.view)}
                waiting = await self.log.left(heads)
                self._live = Live.after(self._live, self.clock(), heads.values(), waiting)
            return self._live


@dataclass(frozen=True)
class Live:
    """The version that is read, at one look."""

    at: float
    taken: int
    """Events, since the log's beginning."""
    waiting: int
    per_second: float
    moved: float
    """When it last took something, as far as is known."""

    @classmethod
    def after(cls, before: Live | None, at: float, now: Iterable[Checkpoint], waiting: int) -> Live:
        """The next look; its rate is smoothed, for events come in batches. The first one goes by when what
        was taken last was recorded."""
        heads = [head for checkpoint in now for head in checkpoint.heads.values()]
        taken = sum(head.position for head in heads)
        if before is None:
            recorded = max((head.recorded for head in heads if head.recorded), default=LONG_AGO)
            return cls(at, taken, waiting, 0.0, at - (datetime.now(UTC) - recorded).total_seconds())
        rate = (taken - before.taken) / max(at - before.at, 0.001)
        smoothed = before.per_second + (rate - before.per_second) / 4
        return cls(at, taken, waiting, smoothed, at if taken != before.taken else before.moved)

    @property
    def busy(self) -> bool:
        """Whether new events come in."""
        return self.at - self.moved < SECONDS_UNTIL_QUIET

    @property
    def late(self) -> bool:
        """Whether it falls behind what comes in."""
        return self.busy and self.waiting > max(FEW, self.per_second * SECONDS_LATE)
