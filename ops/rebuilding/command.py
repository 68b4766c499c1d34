"""`rebuild`: what an operator asks of the versions of a view."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import asyncpg
import click

from kernel.database import connect_pool
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.view import versions
from kernel.view.building import beside
from kernel.view.view import View
from ops.errors import CannotRun
from ops.output import answer, json_option, progress
from ops.rebuilding.comparing import compare
from ops.rebuilding.running import Say, owning, rebuild
from ops.settings import load
from services.projections.app import VIEWS

SECONDS_TO_SWITCH = 30.0
SECONDS_BETWEEN_TRIES = 0.05


@click.command()
@click.argument("view", type=click.Choice([view.name for view in VIEWS]))
@click.option("--compare", is_flag=True, help="Then compare it, row by row, with the version that is read.")
@click.option("--switch", is_flag=True, help="Then have it read; with --compare only if nothing differs.")
@click.option("--back", is_flag=True, help="Build nothing; have the former version read again.")
@click.option("--drop", metavar="VERSION", help="Build nothing; delete a version that is not read.")
@click.option("--throttle", metavar="N", type=click.IntRange(1), help="At most so many events a second.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, PARTITIONS),
    help="So many processes share out the partitions; default: as are worth their start, at most one a core.",
)
@json_option
def command(
    view: str,
    compare: bool,
    switch: bool,
    back: bool,
    drop: str | None,
    throttle: int | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Build a view anew from its topics, beside the version that is read.

    Nothing is taken from those who read: the new version is filled from position 0, then kept up to date by
    the workers, and read only after --switch, which --back undoes. A build that was broken off goes on where
    it was. Exit code 1 where --compare finds a difference.
    """
    chosen = next(each for each in VIEWS if each.name == view)
    if sum([compare or switch or throttle is not None or workers is not None, back, drop is not None]) > 1:
        raise CannotRun("--back and --drop go with no other option.")
    settings = load()
    with progress() as say:
        if back:
            document = asyncio.run(_back(settings, chosen))
        elif drop is not None:
            document = asyncio.run(_drop(settings, chosen, drop))
        else:
            document = asyncio.run(_rebuild(settings, chosen, compare, switch, workers, throttle, say))
    answer(document, text(document), as_json)
    raise SystemExit(0 if document.get("same", True) else 1)


async def _rebuild(
    settings: Settings,
    view: View[Any],
    comparing: bool,
    switching: bool,
    workers: int | None,
    most: int | None,
    say: Say,
) -> dict[str, Any]:
    async with owning(settings, view) as owner:
        read = await versions.live(owner, view)
        if comparing and read is None:
            raise CannotRun(
                f"the version of {view.name} that is read is of another fold: rows cannot be compared."
            )
        version, document = await rebuild(settings, owner, view, workers, most, say)
        if comparing and read is not None:
            say(f"{version.table_name} is compared with {read.table_name}")
            document |= await _compared(settings, read, version)
        if switching and document.get("same", True):
            await _switched(owner, view, version.table_name)
            document["live"] = version.table_name
    return document


async def _compared(settings: Settings, read: View[Any], version: View[Any]) -> dict[str, Any]:
    pool = await connect_pool(settings, "projections_log", max_size=1, command_timeout=None)
    try:
        comparison = await compare(pool, read, version)
        return {"compared_with": read.table_name, "same": comparison.same, **asdict(comparison)}
    finally:
        await pool.close()


async def _switched(owner: asyncpg.Connection, view: View[Any], version: str) -> None:
    """At the first moment at which the new version has all that the live one has."""
    until = asyncio.get_running_loop().time() + SECONDS_TO_SWITCH
    while True:
        try:
            await beside.switch(owner, view.name, version)
            return
        except beside.Behind:
            if asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(SECONDS_BETWEEN_TRIES)


async def _back(settings: Settings, view: View[Any]) -> dict[str, Any]:
    async with owning(settings, view) as owner:
        former = await beside.former(owner, view)
        await _switched(owner, view, former)
        return {"live": former}


async def _drop(settings: Settings, view: View[Any], version: str) -> dict[str, Any]:
    async with owning(settings, view) as owner:
        await beside.drop(owner, view, version)
        return {"dropped": version}


def text(document: Mapping[str, Any]) -> str:
    """What was done, for a person."""
    lines = []
    if "events" in document:
        lines.append(
            f"{document['version']}: {document['events']:,} events in {document['seconds']} s, "
            f"{document['per_second']:,}/s; the workers keep it up to date"
        )
    if "same" in document:
        lines.append(
            f"compared with {document['compared_with']}: {document['alike']:,} rows alike, "
            f"{document['different']:,} different, {document['only_here']:,} only there before, "
            f"{document['only_there']:,} only in the new one"
        )
        lines += [f"  {fault}" for fault in document["first"]]
    if "live" in document:
        lines.append(f"{document['live']} is read now; --back returns to the former one")
    if "dropped" in document:
        lines.append(f"{document['dropped']} is gone")
    return "\n".join(lines)
