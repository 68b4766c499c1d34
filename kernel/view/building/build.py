"""Fills a version: each partition from where its checkpoint is to the end of the topics as it is then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.taking import checkpoints
from kernel.taking.arrivals import Reading
from kernel.taking.opening import open_personal
from kernel.taking.parking.parking import REFUSED
from kernel.vault.vault import Vault
from kernel.view.building.filling import Filling
from kernel.view.building.source import Source
from kernel.view.building.topics import RECORDS_AT_ONCE
from kernel.view.view import View

Taken = Callable[[int], Awaitable[None]]
"""Called with the number of records of each batch that was taken; the next one waits for it."""


async def build(
    pool: asyncpg.Pool,
    view: View[Any],
    vault: Vault | None,
    source: Source,
    partitions: Iterable[int],
    tell: Taken,
    at_once: int = RECORDS_AT_ONCE,
) -> None:
    """Fills these partitions, one after the other, by batches of at most `at_once` records; what a killed one
    had written is not done again.

    Raises Missing, Overtaken, DatabaseAway, KafkaError.
    """
    for partition in partitions:
        try:
            await _fill(pool, view, vault, source, partition, tell, at_once)
        except REFUSED:
            # Something among what waited is a value that the database refuses; live work finds and parks it.
            await _fill(pool, view, vault, source, partition, tell, at_once, waits=False)


async def _fill(
    pool: asyncpg.Pool,
    view: View[Any],
    vault: Vault | None,
    source: Source,
    partition: int,
    tell: Taken,
    at_once: int,
    waits: bool = True,
) -> None:
    reading = Reading((view,))
    with database_away():
        before = (await checkpoints.every(pool, [view]))[view.taker][partition]
    filling = Filling(pool, view, before, waits)
    async for found in source.batches(partition, reading, before):
        for begin in range(0, len(found), at_once):
            arrivals = found[begin : begin + at_once]
            if vault is not None:
                await open_personal(vault, reading.personal, arrivals)
            await filling.take(arrivals)
            await tell(len(arrivals))
    await filling.write()
