"""`views`: how far each version of each view is, what it has parked, and trying that again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import click

from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view import versions
from kernel.view.tables import terms_of
from kernel.view.versions import Version
from ops.output import aligned, answer, json_option
from ops.settings import load
from ops.takers.found import Logs, distance, found, opened, parked_lines
from services.projections.app import VIEWS

SIZE = """
SELECT sum(pg_total_relation_size(to_regclass(name)))::bigint FROM unnest($1::text[]) name"""

PARKED = "SELECT coalesce(sum(parked), 0)::bigint FROM checkpoint WHERE taker = $1"


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show every view: how far behind the log it is, what it has parked and why, its size.

    Each version has a line, the one that is read and those beside it. A view that cannot fold an event parks
    it, and what follows in the same stream waits behind it; all else goes on. `./rapport parked` tells more,
    and takes it once the cause is mended. Exit code 1 while anything is parked.
    """
    document = asyncio.run(_run(load()))
    answer(document, text(document), as_json)
    raise SystemExit(1 if any(view["parked"] for view in document["views"].values()) else 0)


async def _run(settings: Settings) -> dict[str, Any]:
    async with opened(settings) as (db, logs):
        there = await versions.every(db, VIEWS)
        return {"views": {version.name: await _document(db, logs, version) for version in there}}


async def _document(db: asyncpg.Pool, logs: Logs, version: Version) -> dict[str, Any]:
    built_in = version.built_at and version.began_at and version.built_at - version.began_at
    return {
        "view": version.view,
        "number": version.number,
        "build": version.build,
        "state": version.state,
        "live": version.live,
        "fold": version.fold is not None,
        **await _found(db, logs, version),
        "bytes": await db.fetchval(SIZE, [version.name, terms_of(version.name)]),
        "built_at": version.built_at and version.built_at.isoformat(),
        "built_in": built_in and round(built_in.total_seconds(), 1),
    }


async def _found(db: asyncpg.Pool, logs: Logs, version: Version) -> dict[str, Any]:
    """Without its fold nobody knows what a version reads, and so how far behind it is."""
    view = version.fold
    if view is None:
        return {"lag": {}, "parked": await db.fetchval(PARKED, version.name), "first_parked": []}
    return await found(view, db, logs, (await checkpoints.every(db, [view]))[view.table_name])


def text(document: Mapping[str, Any]) -> str:
    """A table, and what is to be said of single versions below it."""
    lines = [("view", "state", "read", "behind", "seconds", "parked", "size", "built", "in")]
    below: list[str] = []
    for name, view in document["views"].items():
        behind = distance(view) if view["fold"] else ("?", "?")
        size = f"{view['bytes'] / 1e6:,.1f} MB"
        built = view["built_at"][:16].replace("T", " ") if view["built_at"] else "-"
        took = "-" if view["built_in"] is None else f"{view['built_in']} s"
        read = "yes" if view["live"] else "no"
        lines.append((name, view["state"], read, *behind, str(view["parked"]), size, built, took))
        if not view["fold"]:
            below.append(f"{name}: this program does not have its fold, and cannot keep it up to date")
        below += parked_lines(name, view)
    return "\n".join([*aligned(lines), *below])
