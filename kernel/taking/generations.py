"""Which generation of each service's topic is taken in one schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import asyncpg

from kernel.log.topics import topic
from kernel.settings import Settings

Connection: TypeAlias = asyncpg.Connection | asyncpg.Pool

FIRST = 1

READ = "SELECT service, generation, kept FROM generation"


class Generation(NamedTuple):
    """One that replaced another."""

    number: int
    kept: list[int]
    """By partition, the last position of the log when it began; a former position beyond it names nothing."""


Topics = Mapping[str, tuple[str, int]]
"""Topic name → service, generation."""


async def read(db: Connection) -> dict[str, Generation]:
    """Those of the services whose topic was made anew; every other is at its first."""
    rows = await db.fetch(READ)
    return {row["service"]: Generation(row["generation"], row["kept"]) for row in rows}


async def topics(db: Connection, settings: Settings, services: Iterable[str]) -> Topics:
    """The topics of these services that are to be followed now."""
    known = await read(db)
    numbers = {name: known[name].number if name in known else FIRST for name in sorted(services)}
    return {topic(settings, name, number): (name, number) for name, number in numbers.items()}
