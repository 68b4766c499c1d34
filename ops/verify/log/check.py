"""The log of one service: its event table, its topic, its answers and what callers were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.log.topics import topic
from kernel.settings import Settings
from ops.verify.database import connected
from ops.verify.log import store
from ops.verify.log.journals import Witness
from ops.verify.log.rows import Rows
from ops.verify.report import Report, service_report
from ops.verify.topic import reading as topics
from ops.verify.topic.comparison import Comparison

Done = Callable[[int], None]
"""Called with how many more partitions are compared."""


async def check_log(settings: Settings, service: str, journals: Sequence[Path], done: Done) -> Report:
    """Reads marks before the topic's ends, and those before the table: each may only be behind the next."""
    report = service_report(service)
    async with connected(settings, f"{service}_log") as db:
        witness = Witness(settings, db, report)
        for path in journals:
            await witness.hear(path)
        await witness.finish()
        generation, marks = await store.marks(db)
        async with topics.opened(settings, topic(settings, service, generation)) as published:
            last = await store.positions(db)
            for partition in range(PARTITIONS):
                await _check_partition(db, report, published, partition, last[partition], marks[partition])
                done(1)
        await store.check_streams(db, report)
        await store.check_answers(db, report)
    return report


async def _check_partition(
    db: asyncpg.Pool, report: Report, published: topics.Topic, partition: int, last: int, mark: int
) -> None:
    rows = Rows(partial(read_partition, db, report.name, partition), last)
    comparison = Comparison(report, partition, rows)
    await comparison.take(published.records(partition))
    await comparison.finish(mark, await store.locations(db, comparison.strange_ids))
    await store.check_late(db, report, partition, comparison.late)
