"""Every view beside the fold of the log: one partition after the other, each in one snapshot of the views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.taking.checkpoints import Checkpoint
from kernel.vault.vault import Vault
from kernel.view import versions
from kernel.view.view import View
from ops.verify.database import connected
from ops.verify.log import store
from ops.verify.log.check import Done
from ops.verify.report import Report, view_report
from ops.verify.views.cells import Difference, compare
from ops.verify.views.folding import Fold, Log, ServicePosition

PARKED = """
SELECT taker, service, position, topic_offset, reason FROM parked WHERE partition = $1
UNION ALL
SELECT taker, service, position, topic_offset, NULL FROM dropped WHERE partition = $1 AND NOT ended"""

EVENTS_SHOWN = 10


class Parked(NamedTuple):
    """A record that a view set aside; what is no event has no position, and what was dropped no reason."""

    service: str
    position: int | None
    offset: int
    reason: str | None


def positions(parked: Sequence[Parked]) -> frozenset[ServicePosition]:
    return frozenset((one.service, one.position) for one in parked if one.position is not None)


@dataclass(frozen=True)
class Sources:
    """What the comparison reads: the views' database, and the event tables by service."""

    views: Sequence[View[Any]]
    db: asyncpg.Pool
    tables: Mapping[str, asyncpg.Pool]
    vault: Vault | None


async def check_views(settings: Settings, folds: Sequence[View[Any]], done: Done) -> list[Report]:
    """A report for each version that one of these folds keeps up to date, and for each that is read."""
    async with AsyncExitStack() as open_ones:
        db = await open_ones.enter_async_context(connected(settings, "projections_log"))
        views = await versions.shown(db, folds)
        reports = {view.table_name: view_report(view.table_name) for view in views}
        services = sorted({service for view in views for service in view.services})
        tables = {
            service: await open_ones.enter_async_context(connected(settings, f"{service}_log"))
            for service in services
        }
        vault = await Vault.open(settings) if any(view.personal for view in views) else None
        if vault is not None:
            open_ones.push_async_callback(vault.close)
        sources = Sources(views, db, tables, vault)
        for partition in range(PARTITIONS):
            await _check_partition(sources, partition, reports)
            done(1)
        return list(reports.values())


async def _check_partition(sources: Sources, partition: int, reports: Mapping[str, Report]) -> None:
    """Folds to where the views were, and in the snapshot only the rest, so that it is not open for long."""
    log = Log(sources.tables, sources.vault, sources.views, partition)
    before = await _heads(sources.db, sources.views, partition)
    parked = await _parked(sources.db, sources.views, partition)
    folds = [Fold(view, positions(parked[view.table_name])) for view in sources.views]
    await log.advance(folds, before)
    found: dict[str, list[Difference]] = {}
    async with sources.db.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        heads = await _heads(db, sources.views, partition)
        parked = await _parked(db, sources.views, partition)
        folds = [as_parked(fold, parked[fold.view.table_name]) for fold in folds]
        await log.advance(folds, heads)
        for fold in folds:
            table = fold.view.table_name
            found[table] = await compare(db, partition, fold, reports[table])
    for fold in folds:
        table = fold.view.table_name
        _tell(reports[table], partition, fold, parked[table])
        await _find_events(log, fold, heads[table], found[table])
    await _tell_distance(sources, partition, heads, reports)


async def _heads(
    db: asyncpg.Connection | asyncpg.Pool, views: Sequence[View[Any]], partition: int
) -> dict[str, Checkpoint]:
    found = await checkpoints.every(db, views)
    return {table: heads.get(partition) or Checkpoint(partition) for table, heads in found.items()}


async def _parked(
    db: asyncpg.Connection | asyncpg.Pool, views: Sequence[View[Any]], partition: int
) -> dict[str, list[Parked]]:
    found: dict[str, list[Parked]] = {view.table_name: [] for view in views}
    for taker, *parked in await db.fetch(PARKED, partition):
        if taker in found:
            found[taker].append(Parked(*parked))
    return found


def as_parked(fold: Fold, parked: Sequence[Parked]) -> Fold:
    """The fold so far, or one from the beginning where the view has meanwhile taken what it had parked."""
    now = positions(parked)
    left_out = {(service, at) for service, at in now if at <= fold.done[service]}
    if left_out != fold.parked:
        return Fold(fold.view, now)
    fold.parked = now
    return fold


def _tell(report: Report, partition: int, fold: Fold, parked: Sequence[Parked]) -> None:
    for one in parked:
        if one.reason is None:
            report.figures["dropped"] += 1
        else:
            report.add("parked", partition=partition, **one._asdict())
    for event_id, error in fold.failed:
        report.add("unfoldable", partition=partition, event=str(event_id), reason=error)


async def _find_events(log: Log, fold: Fold, head: Checkpoint, found: Sequence[Difference]) -> None:
    """Names the newest events behind each difference that is shown."""
    behind = await log.behind(fold.view, head, [difference.row_id for difference in found])
    for difference in found:
        events = behind[difference.row_id][-EVENTS_SHOWN:]
        difference.fault["events"] = [str(one.envelope and one.envelope.event_id) for one in events]


async def _tell_distance(
    sources: Sources, partition: int, heads: Mapping[str, Checkpoint], reports: Mapping[str, Report]
) -> None:
    """How far each view is behind the log, which is asked last: no view can rightly be ahead of it."""
    last = {service: (await store.positions(table))[partition] for service, table in sources.tables.items()}
    for view in sources.views:
        report = reports[view.table_name]
        for service in view.services:
            behind = last[service] - heads[view.table_name].head(service).position
            report.figures["behind"] += max(behind, 0)
            if behind < 0:
                report.add("ahead", partition=partition, service=service, events=-behind)
