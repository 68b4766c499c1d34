"""`views`: how far each version of each view is, and what it has parked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import click

from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view import versions
from kernel.view.tables import terms_of
from kernel.view.versions import Version
from ops.output import aligned, answer, json_option, minute
from ops.settings import load
from ops.takers.found import Logs, distance, found, opened, parked_lines, taken
from services.projections.app import VIEWS

SIZE = """
SELECT sum(pg_total_relation_size(to_regclass(name)))::bigint FROM unnest($1::text[]) name"""

SECONDS_WATCHED = 1.0

PARKED = "SELECT coalesce(sum(parked), 0)::bigint FROM checkpoint WHERE taker = $1"


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show every view: how far it is and how fast, what it has parked and why, its size and its build.

    Each version has a line, the one that is read and those beside it; what is read as a former program folded
    it, or lost, wants a rebuild. The rate is that of one second, which this command watches. A view that
    cannot fold an event parks it, and what follows in the same stream waits behind it; all else goes on.
    `./rapport parked` tells more, and takes it once the cause is mended. Exit code 1 while anything is
    parked.
    """
    document = asyncio.run(_run(load()))
    answer(document, text(document), as_json)
    raise SystemExit(1 if any(view["parked"] for view in document["views"].values()) else 0)


async def _run(settings: Settings) -> dict[str, Any]:
    async with opened(settings) as (db, logs):
        there = await versions.every(db, VIEWS)
        rates = await _rates(db, there)
        stale = {view.name for view in VIEWS if versions.stale(there, view)}
        return {
            "views": {
                one.name: {
                    **await _document(db, logs, one, rates.get(one.name)),
                    "wants_rebuild": one.live and one.view in stale,
                }
                for one in there
            }
        }


async def _rates(db: asyncpg.Pool, there: Sequence[Version]) -> dict[str, int]:
    """Events a second, of each version whose fold is known: what it takes in the next second."""
    views = [version.fold for version in there if version.fold is not None]
    clock = asyncio.get_running_loop().time
    began, before = clock(), await checkpoints.every(db, views)
    await asyncio.sleep(SECONDS_WATCHED)
    after, seconds = await checkpoints.every(db, views), clock() - began
    return {
        view.taker: round(
            sum(taken(after[view.taker], one) - taken(before[view.taker], one) for one in view.services)
            / seconds
        )
        for view in views
    }


async def _document(db: asyncpg.Pool, logs: Logs, version: Version, rate: int | None) -> dict[str, Any]:
    return {
        "view": version.view,
        "number": version.number,
        "build": version.build,
        "state": version.state,
        "live": version.live,
        "fold": version.fold is not None,
        "per_second": rate,
        **await _found(db, logs, version),
        "bytes": await db.fetchval(SIZE, [version.name, terms_of(version.name)]),
        "followed_since": version.followed_since and version.followed_since.isoformat(),
        "built_at": version.built_at and version.built_at.isoformat(),
        "built_in": round(version.worked, 1) if version.built_at else None,
    }


async def _found(db: asyncpg.Pool, logs: Logs, version: Version) -> dict[str, Any]:
    """Without its fold nobody knows what a version reads, and so how far behind it is."""
    view = version.fold
    if view is None:
        return {"taken": {}, "lag": {}, "parked": await db.fetchval(PARKED, version.name), "first_parked": []}
    return await found(view, db, logs, (await checkpoints.every(db, [view]))[view.table_name])


def text(document: Mapping[str, Any]) -> str:
    """A table, and what is to be said of single versions below it."""
    lines = [
        ("view", "state", "read", "taken", "behind", "seconds", "per s", "parked", "size", "built", "in")
    ]
    below: list[str] = []
    for name, view in document["views"].items():
        far = (f"{sum(view['taken'].values()):,}", *distance(view)) if view["fold"] else ("?", "?", "?")
        rate = "?" if view["per_second"] is None else f"{view['per_second']:,}"
        size = f"{view['bytes'] / 1e6:,.1f} MB"
        took = "-" if view["built_in"] is None else f"{view['built_in']} s"
        read = "yes" if view["live"] else "no"
        lines.append((name, view["state"], read, *far, rate, str(view["parked"]), size, _built(view), took))
        if not view["fold"]:
            below.append(f"{name}: this program does not have its fold, and cannot keep it up to date")
        if view["wants_rebuild"]:
            lost = view["state"] == versions.LOST
            why = "the log does not hold all of its events" if lost else "its fold has changed"
            below.append(f"{view['view']} wants a rebuild, {why}: `./rapport rebuild --all-stale`")
        below += parked_lines(name, view)
    return "\n".join([*aligned(lines), *below])


def _built(view: Mapping[str, Any]) -> str:
    """When, or since when its workers have built it."""
    if since := view["followed_since"]:
        return f"since {minute(datetime.fromisoformat(since))}"
    return minute(datetime.fromisoformat(view["built_at"])) if view["built_at"] else "-"
