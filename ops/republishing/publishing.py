"""The log on its new topic: begun, or gone on with, and watched until the relay has published it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from kernel.log.halt import halted
from kernel.log.relay.marks import Mark, begin_generation, read_marks
from kernel.log.topics import existing, topic
from kernel.settings import Settings
from kernel.view.versions import LOST
from ops.errors import CannotRun
from ops.republishing.schemas import Schemas

COUNTERS = "SELECT last FROM counter ORDER BY partition"

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_LINES = 2.0
SECONDS_WITHOUT_PROGRESS = 60.0
SECONDS_UNTIL_ALL_KNOW = 2.0
"""After so long no service answers with a position of the former generation: each looks every second."""

Say = Callable[[str], None]


@dataclass
class Published:
    """The topic that holds the log: its generation, and by partition how far the log was then."""

    generation: int
    name: str
    kept: list[int]
    seconds: float

    @property
    def events(self) -> int:
        return sum(self.kept)


async def unfinished(schemas: Schemas, pool: asyncpg.Pool, service: str) -> bool:
    """Whether a former run was broken off: some schema was not led there, or some lost view not made anew."""
    if await halted(pool) is not None:
        return False
    marks, taken = await read_marks(pool), await schemas.generations(service)
    return min(taken.values()) < marks[0].generation or bool(await schemas.versions(service, LOST))


async def begin(settings: Settings, schemas: Schemas, pool: asyncpg.Pool, service: str) -> None:
    """Has the log published under a generation that no topic and no taker knows."""
    number, taken = (await read_marks(pool))[0].generation, await schemas.generations(service)
    there = [int(name.rpartition(".g")[2]) for name in await existing(settings, service)]
    whole = min(taken.values()) >= number
    await begin_generation(pool, 1 + max(number, *taken.values(), *there), whole)


async def published(settings: Settings, pool: asyncpg.Pool, service: str, say: Say) -> Published:
    """Waits until the relay has published all that the log holds by then. Raises CannotRun."""
    began = told = moved_at = time.monotonic()
    number = (await read_marks(pool))[0].generation
    name = topic(settings, service, number)
    first = before = -1
    while True:
        marks = await _marks(pool, name)
        kept = [row["last"] for row in await pool.fetch(COUNTERS)]
        now, done = time.monotonic(), sum(mark.position for mark in marks)
        if first < 0:
            first = done
        whole = all(mark.position >= last for mark, last in zip(marks, kept, strict=True))
        if whole and now - began > SECONDS_UNTIL_ALL_KNOW:
            return Published(number, name, kept, now - began)
        if done != before or whole:
            before, moved_at = done, now
        if now - moved_at > SECONDS_WITHOUT_PROGRESS:
            raise CannotRun(
                f"nothing was published on {name} for {SECONDS_WITHOUT_PROGRESS:.0f} s: is `rapport relay "
                f"{service}` running? Run this again to go on."
            )
        if now - told > SECONDS_BETWEEN_LINES:
            told = now
            rate = (done - first) / (now - began)
            left = (sum(kept) - done) / max(rate, 1)
            say(f"{name}: {done:,} of {sum(kept):,} events, {rate:,.0f}/s, {left:.0f} s left")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _marks(pool: asyncpg.Pool, name: str) -> list[Mark]:
    if (reason := await halted(pool)) is not None:
        raise CannotRun(f"{name} is no longer what the log says: {reason} Run this again.")
    return await read_marks(pool)
