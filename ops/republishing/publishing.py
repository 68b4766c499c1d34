"""The log on its new topic: begun, or gone on with, and watched until the relay has published it."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from kernel.log.halt import halted
from kernel.log.relay.marks import Mark, begin_generation, generation, read_marks
from kernel.log.topics import existing, topic
from kernel.settings import Settings
from kernel.view.versions import LOST
from ops.advance import Advance, Say
from ops.errors import CannotRun
from ops.patience import Patience
from ops.republishing.schemas import Schemas

COUNTERS = "SELECT last FROM counter ORDER BY partition"

SECONDS_UNTIL_ALL_KNOW = 2.0
"""After so long no service answers with a position of the former generation: each looks every second."""


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
    taken = await schemas.generations(service)
    return min(taken.values()) < await generation(pool) or bool(await schemas.versions(service, LOST))


async def begin(settings: Settings, schemas: Schemas, pool: asyncpg.Pool, service: str) -> None:
    """Has the log published under a generation that no topic and no taker knows."""
    number, taken = await generation(pool), await schemas.generations(service)
    there = [int(name.rpartition(".g")[2]) for name in await existing(settings, service)]
    whole = min(taken.values()) >= number
    await begin_generation(pool, 1 + max(number, *taken.values(), *there), whole)


async def published(settings: Settings, pool: asyncpg.Pool, service: str, say: Say) -> Published:
    """Waits until the relay has published all that the log holds by now. Raises CannotRun."""
    number = await generation(pool)
    name = topic(settings, service, number)
    patience = Patience(Advance(name, say))
    kept: list[int] = []
    settled = False
    while True:
        marks = await _marks(pool, name)
        if not settled:
            settled = patience.advance.seconds > SECONDS_UNTIL_ALL_KNOW
            kept = [row["last"] for row in await pool.fetch(COUNTERS)]
        elif all(mark.position >= last for mark, last in zip(marks, kept, strict=True)):
            return Published(number, name, kept, patience.advance.seconds)
        done = sum(mark.position for mark in marks)
        await patience.wait(
            done,
            sum(kept),
            f"{name} lacks {sum(kept) - done:,} events: is `./rapport relay {service}` running? "
            "Run this again to go on.",
            f"the relay of {service}",
        )


async def _marks(pool: asyncpg.Pool, name: str) -> list[Mark]:
    if (reason := await halted(pool)) is not None:
        raise CannotRun(f"{name} is no longer what the log says: {reason} Run this again.")
    return await read_marks(pool)
