"""`views`: how far each view is, what it has parked, and trying that again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import click

from kernel.database import DatabaseAway, connect_pool
from kernel.migrate import SchemaMismatch, require_schema
from kernel.settings import SERVICES, Settings
from kernel.vault.vault import Vault
from kernel.view import checkpoints
from kernel.view.batch.retrying import Retried, retry
from kernel.view.checkpoints import Checkpoint
from kernel.view.view import View
from ops.errors import CannotRun
from ops.output import answer, json_option, say
from ops.settings import load
from services.projections.app import VIEWS

BEHIND = """
SELECT c.partition, c.last - n.position AS events,
    (SELECT extract(epoch FROM clock_timestamp() - e.recorded_at) FROM event e
        WHERE e.partition = c.partition AND e.position = n.position + 1) AS seconds
FROM counter c JOIN unnest($1::smallint[], $2::bigint[]) n (partition, position) USING (partition)
WHERE c.last > n.position"""

LIVE = "SELECT name, live FROM view"
SIZE = "SELECT pg_total_relation_size($1::text::regclass)"
PARKED = """
SELECT org_id, stream_id, service, partition, position, reason, parked_at
FROM parked WHERE view = $1 AND number = $2 ORDER BY seq LIMIT $3"""
SHOWN = 20


@click.command()
@click.option(
    "--retry", "retried", metavar="VIEW", help="Fold the parked events of this view again, in order."
)
@json_option
def command(retried: str | None, as_json: bool) -> None:
    """Show every view: version, lag in events and seconds, rows parked and why, size.

    A view that could not fold an event parks it, and what follows in the same stream waits behind it; all
    else goes on. Once the cause is mended, --retry takes what is parked. Exit code 1 while anything is.
    """
    try:
        document = asyncio.run(_run(load(), retried))
    except (DatabaseAway, SchemaMismatch) as error:
        raise CannotRun(str(error)) from error
    answer(document, text(document), as_json)
    raise SystemExit(1 if any(view["parked"] for view in document["views"].values()) else 0)


async def _run(settings: Settings, retried: str | None) -> dict[str, Any]:
    async with AsyncExitStack() as stack:

        async def pool(role: str) -> asyncpg.Pool:
            found = await connect_pool(settings, role, max_size=1)
            stack.push_async_callback(found.close)
            return found

        views = await pool("projections_log")
        await require_schema(views, "projections")
        logs = {service: await pool(f"{service}_log") for service in SERVICES}
        if retried is not None:
            outcome = await _retry(settings, views, _named(retried))
            say(f"{retried}: {outcome.taken} taken, {outcome.left} still parked")
        live = dict(await views.fetch(LIVE))
        found = await checkpoints.every(views, VIEWS)
        return {
            "views": {
                view.table_name: await _document(views, logs, view, live, found[view.table_name])
                for view in VIEWS
            }
        }


async def _retry(settings: Settings, pool: asyncpg.Pool, view: View[Any]) -> Retried:
    vault = await Vault.open(settings) if view.personal else None
    try:
        return await retry(pool, view, vault)
    finally:
        if vault is not None:
            await vault.close()


def _named(name: str) -> View[Any]:
    for view in VIEWS:
        if name in (view.name, view.table_name):
            return view
    raise CannotRun(f"there is no view {name}: it is one of {', '.join(view.name for view in VIEWS)}.")


async def _document(
    pool: asyncpg.Pool,
    logs: Mapping[str, asyncpg.Pool],
    view: View[Any],
    live: Mapping[str, int],
    heads: Mapping[int, Checkpoint],
) -> dict[str, Any]:
    return {
        "view": view.name,
        "number": view.number,
        "live": live.get(view.name) == view.number,
        "lag": {service: await _lag(logs[service], service, heads) for service in sorted(view.services)},
        "parked": sum(checkpoint.parked for checkpoint in heads.values()),
        "first_parked": [dict(row) for row in await pool.fetch(PARKED, view.name, view.number, SHOWN)],
        "bytes": await pool.fetchval(SIZE, view.table_name),
    }


async def _lag(log: asyncpg.Pool, service: str, heads: Mapping[int, Checkpoint]) -> dict[str, float]:
    """Events not yet folded, and how long the oldest of them has waited."""
    partitions = list(heads)
    positions = [heads[partition].head(service).position for partition in partitions]
    behind = await log.fetch(BEHIND, partitions, positions)
    seconds = max((float(row["seconds"] or 0) for row in behind), default=0.0)
    return {"events": sum(row["events"] for row in behind), "seconds": round(seconds, 1)}


def text(document: dict[str, Any]) -> str:
    """A table, and what is parked below it."""
    lines = [("view", "live", "behind", "seconds", "parked", "size")]
    parked: list[str] = []
    for name, view in document["views"].items():
        events = sum(lag["events"] for lag in view["lag"].values())
        seconds = max(lag["seconds"] for lag in view["lag"].values())
        size = f"{view['bytes'] / 1e6:,.1f} MB"
        lines.append(
            (name, "yes" if view["live"] else "no", f"{events:,}", f"{seconds}", str(view["parked"]), size)
        )
        parked += [
            f"{name}: {row['service']} stream {row['stream_id']} position {row['position']}: {row['reason']}"
            for row in view["first_parked"]
        ]
    return "\n".join([*_aligned(lines), *parked])


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
