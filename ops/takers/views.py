"""`views`: how far each view is, what it has parked, and trying that again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
import click

from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.taking.retrying import Retried
from kernel.vault.vault import Vault
from kernel.view.batch.retrying import retry
from kernel.view.view import View
from ops.errors import CannotRun
from ops.output import aligned, answer, json_option, say
from ops.settings import load
from ops.takers.found import distance, found, opened, parked_lines
from services.projections.app import VIEWS

LIVE = "SELECT name, live FROM view"
SIZE = "SELECT pg_total_relation_size($1::text::regclass)"


@click.command()
@click.option("--retry", "name", metavar="VIEW", help="First fold the parked events of this view, in order.")
@json_option
def command(name: str | None, as_json: bool) -> None:
    """Show every view: how far behind the log it is, what it has parked and why, its size.

    A view that cannot fold an event parks it, and what follows in the same stream waits behind it; all else
    goes on. Once the cause is mended, --retry takes what is parked. Exit code 1 while anything is.
    """
    document = asyncio.run(_run(load(), name))
    answer(document, text(document), as_json)
    raise SystemExit(1 if any(view["parked"] for view in document["views"].values()) else 0)


async def _run(settings: Settings, name: str | None) -> dict[str, Any]:
    async with opened(settings) as (db, logs):
        if name is not None:
            retried = await _retry(settings, db, _named(name))
            say(f"{name}: {retried.taken} taken, {retried.left} still parked")
        live = dict(await db.fetch(LIVE))
        heads = await checkpoints.every(db, VIEWS)
        return {
            "views": {
                view.table_name: {
                    "view": view.name,
                    "number": view.number,
                    "live": live.get(view.name) == view.table_name,
                    **await found(view, db, logs, heads[view.table_name]),
                    "bytes": await db.fetchval(SIZE, view.table_name),
                }
                for view in VIEWS
            }
        }


async def _retry(settings: Settings, db: asyncpg.Pool, view: View[Any]) -> Retried:
    vault = await Vault.open(settings) if view.personal else None
    try:
        return await retry(db, view, vault)
    finally:
        if vault is not None:
            await vault.close()


def _named(name: str) -> View[Any]:
    for view in VIEWS:
        if name in (view.name, view.table_name):
            return view
    raise CannotRun(f"there is no view {name}: it is one of {', '.join(view.name for view in VIEWS)}.")


def text(document: Mapping[str, Any]) -> str:
    """A table, and what is parked below it."""
    lines = [("view", "live", "behind", "seconds", "parked", "size")]
    parked: list[str] = []
    for name, view in document["views"].items():
        size = f"{view['bytes'] / 1e6:,.1f} MB"
        lines.append((name, "yes" if view["live"] else "no", *distance(view), str(view["parked"]), size))
        parked += parked_lines(name, view)
    return "\n".join([*aligned(lines), *parked])
