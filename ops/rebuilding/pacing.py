"""How fast a build may be: as fast as it can, at most so many events a second, and never at others' cost."""

from __future__ import annotations

import asyncio
import time
from asyncio import Task
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

RESTS = 1.0
"""Seconds of rest for each second of work while the log grows."""
SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_UNTIL_QUIET = 2.0
"""After so long without a new event nobody is kept waiting by a build."""
LONGEST_REST = 5.0

TAKEN = """
SELECT coalesce(sum((head.value ->> 'position')::bigint), 0)
FROM view v JOIN checkpoint c ON c.taker = v.live CROSS JOIN jsonb_each(c.topics) head
WHERE v.name = $1"""


@dataclass
class Pacing:
    """Holds back whoever fills a version of a view, between one batch and the next.

    While the version that is read takes new events, each of those who fill rests for as long as it worked:
    PostgreSQL and Kafka, which know nothing of niceness, are what is live's alone for half of the time.
    """

    db: asyncpg.Connection
    view: str
    most: int | None = None
    """Events a second."""
    clock: Callable[[], float] = time.monotonic
    _taken: int = 0
    _began: float | None = None
    _working: dict[Task[Any] | None, float] = field(default_factory=dict)
    """Since when, by who calls."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _looked: float = float("-inf")
    _seen: int | None = None
    _moved: float = float("-inf")

    async def rest(self, records: int) -> None:
        """Returns when the next batch may be taken by the task that calls."""
        began = self._began = self.clock() if self._began is None else self._began
        self._taken += records
        caller = asyncio.current_task()
        worked = self.clock() - self._working.get(caller, began)
        rests = [0.0]
        if self.most is not None:
            rests.append(self._taken / self.most - (self.clock() - began))
        elif await self._busy():
            rests.append(min(worked * RESTS, LONGEST_REST))
        await asyncio.sleep(max(rests))
        self._working[caller] = self.clock()

    async def _busy(self) -> bool:
        """Whether the version that is read has taken something of late."""
        async with self._looking:
            if self.clock() - self._looked > SECONDS_BETWEEN_LOOKS:
                taken = await self.db.fetchval(TAKEN, self.view)
                self._looked = self.clock()
                if self._seen is not None and taken != self._seen:
                    self._moved = self._looked
                self._seen = taken
        return self.clock() - self._moved < SECONDS_UNTIL_QUIET
