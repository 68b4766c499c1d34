"""`rebuild`: what an operator asks of the versions of a view."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import click

from kernel.archive.format import manifest
from kernel.archive.format.files import Unfit
from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view import versions
from kernel.view.building import beside
from kernel.view.versions import Version
from kernel.view.view import View
from ops import packages
from ops.advance import Say
from ops.errors import CannotRun
from ops.output import answer, json_option, progress, say
from ops.rebuilding.causes import causes
from ops.rebuilding.comparing import COUNTS, compare
from ops.rebuilding.filling import AS_IS_BEST, How
from ops.rebuilding.running import caught_up, owning, rebuild
from ops.rebuilding.telling import text
from ops.settings import away, load
from services.projections.app import VIEWS

SECONDS_TO_SWITCH = 30.0
SECONDS_BETWEEN_TRIES = 0.05


@click.command(epilog=f"VIEW is one of {', '.join(view.name for view in VIEWS)}.")
@click.argument("view", type=click.Choice([view.name for view in VIEWS]), required=False, metavar="[VIEW]")
@click.option(
    "--all-stale", is_flag=True, help="Every view that is read as a former program folded it, one by one."
)
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
@click.option(
    "--from",
    "archive",
    metavar="FOLDER",
    type=click.Path(file_okay=False, exists=True, resolve_path=True, path_type=Path),
    help="Take the events from this archive, as `log export` writes it, and from the topics what follows.",
)
@json_option
def command(
    view: str | None,
    all_stale: bool,
    compare: bool,
    switch: bool,
    back: bool,
    drop: str | None,
    throttle: int | None,
    workers: int | None,
    archive: Path | None,
    as_json: bool,
) -> None:
    """Build a view anew from its topics, beside the version that is read.

    Nothing is taken from those who read: the new version is filled from position 0, then kept up to date by
    the workers, and read only after --switch, which --back undoes. A build that was broken off goes on where
    it was. Exit code 1 where --compare finds a difference, and where --switch would have a version read that
    has parked more events than the one that is read: that one is read on. Exit code 2 where it could not run,
    with --all-stale where one of the views could not be built; the others are built all the same.

    After an upgrade --all-stale builds what `./rapport views` says wants a rebuild. A version that was built
    and never read is used as it is, unless --workers, --throttle or --from says how to build another one.
    Versions of different folds are compared in the columns that both have.
    """
    if (view is None) != all_stale:
        raise CannotRun("name one view, or give --all-stale.")
    building = all_stale or compare or switch or any(one is not None for one in (throttle, workers, archive))
    if building + back + (drop is not None) > 1:
        raise CannotRun("--back and --drop go with no other option.")
    settings, wish = load(), Wish(compare, switch, How(workers, archive, throttle))
    if archive is not None:
        _need(archive)
    chosen = next((each for each in VIEWS if each.name == view), None)
    with broken_off(), progress() as tell:
        if chosen is None:
            document = asyncio.run(_all_stale(settings, wish, tell))
        elif back:
            document = asyncio.run(_back(settings, chosen))
        elif drop is not None:
            document = asyncio.run(_drop(settings, chosen, drop))
        else:
            document = asyncio.run(rebuilt(settings, chosen, wish, tell))
    answer(document, text(document), as_json)
    raise SystemExit(_code(document))


def _need(archive: Path) -> None:
    """Installs what reads archives, for one that is an archive; raises CannotRun."""
    try:
        manifest.read(archive)
    except Unfit as error:
        raise CannotRun(str(error)) from error
    packages.need(packages.ARCHIVE)


@contextmanager
def broken_off() -> Iterator[None]:
    """Tells who broke it off by hand that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        say("rapport: broken off; what is done stays, and the same command goes on there.")
        raise SystemExit(130) from None


def _code(document: dict[str, Any]) -> int:
    """Of one view or of all: each could be worked on, nothing differs, and what is to be read is read."""
    views = document.get("views", {"": document}).values()
    if any("cannot_run" in one for one in views):
        return 2
    return 0 if all(one.get("same", True) and "not_switched" not in one for one in views) else 1


@dataclass(frozen=True)
class Wish:
    """What is to be done with a version once it is built, and how it is to be built."""

    compare: bool = False
    switch: bool = False
    how: How = AS_IS_BEST

    @property
    def uses_built(self) -> bool:
        """Whether a version that waits to be read will do: nothing is said of how one is to be built."""
        return self.how == AS_IS_BEST


async def _all_stale(settings: Settings, wish: Wish, tell: Say) -> dict[str, Any]:
    """Each as it is wished for; what stops the work on one says why in its document, and not the next one."""
    try:
        pool = await connect_pool(settings, "projections_log", max_size=1)
        try:
            with database_away():
                stale = [view for view in VIEWS if versions.stale(await versions.every(pool, [view]), view)]
        finally:
            await pool.close()
    except DatabaseAway as error:
        raise away(error) from error
    documents: dict[str, dict[str, Any]] = {}
    for view in stale:
        try:
            documents[view.name] = await rebuilt(settings, view, wish, tell)
        except CannotRun as error:
            documents[view.name] = {"cannot_run": error.message}
    return {"views": documents, "same": all(one.get("same", True) for one in documents.values())}


async def rebuilt(settings: Settings, view: View[Any], wish: Wish, tell: Say) -> dict[str, Any]:
    """A version as it is wished for; what was done. Raises CannotRun."""
    async with owning(settings, view) as owner:
        there = await versions.every(owner, [view])
        read = versions.live_of(there, view)
        if wish.compare:
            _check_comparable(there, view)
        if version := _there_already(there, view, wish):
            await caught_up(owner, view, version, tell)
            document: dict[str, Any] = {"version": version.table_name}
        else:
            version, document = await rebuild(settings, owner, view, wish.how, tell)
        heads = (await checkpoints.every(owner, [version]))[version.taker]
        document["parked"] = sum(head.parked for head in heads.values())
        if wish.compare and read is not None:
            document |= await _compared(settings, read, version, tell)
        if wish.switch and document.get("same", True):
            try:
                await _switched(owner, view, version.table_name, more_parked=False)
                document["live"] = version.table_name
            except beside.MoreParked as error:
                document["not_switched"] = str(error)
    return document


def _check_comparable(there: Sequence[Version], view: View[Any]) -> None:
    """Raises CannotRun where the version that is read cannot be compared with."""
    (live,) = (one for one in there if one.live and one.view == view.name)
    if live.fold is None:
        raise CannotRun(f"this program does not have the fold of the version of {view.name} that is read.")
    if live.state == versions.LOST:
        raise CannotRun(
            f"{live.name} shows what a restored log lost and takes nothing more, so that nothing can be "
            "compared with it: leave out --compare."
        )


def _there_already(there: Sequence[Version], view: View[Any], wish: Wish) -> View[Any] | None:
    """The version that waits to be read, where it will do; one of a command that was broken off once it was
    filled always does."""
    waiting = versions.waiting(there, view)
    if waiting and (wish.uses_built or waiting.built_at is None):
        return waiting.fold
    return None


async def _compared(settings: Settings, read: View[Any], version: View[Any], tell: Say) -> dict[str, Any]:
    pool = await connect_pool(settings, "projections_log", max_size=1, command_timeout=None)
    try:
        comparison = await compare(pool, read, version, tell)
    finally:
        await pool.close()
    made = await causes(settings, comparison.found)
    return {
        "compared_with": read.table_name,
        "same": comparison.same,
        "left_out": comparison.left_out,
        **{name: getattr(comparison, name) for name in COUNTS},
        "first": [{**told, **by} for told, by in zip(comparison.first, made, strict=True)],
    }


async def _switched(owner: asyncpg.Connection, view: View[Any], version: str, *, more_parked: bool) -> None:
    """At the first moment at which the version has all that the live one has.

    Raises Behind, MoreParked, CannotRun.
    """
    there = {one.name: one.fold for one in await versions.every(owner, [view])}
    if (fold := there.get(version)) is None:
        raise CannotRun(f"this program does not have the fold of {version}, and could not read it.")
    until = asyncio.get_running_loop().time() + SECONDS_TO_SWITCH
    while True:
        try:
            await beside.switch(owner, view.name, version, fold.services, more_parked=more_parked)
            return
        except beside.Behind:
            if asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(SECONDS_BETWEEN_TRIES)


async def _back(settings: Settings, view: View[Any]) -> dict[str, Any]:
    async with owning(settings, view) as owner:
        former = await beside.former(owner, view)
        await _switched(owner, view, former, more_parked=True)
        return {"live": former}


async def _drop(settings: Settings, view: View[Any], version: str) -> dict[str, Any]:
    async with owning(settings, view) as owner:
        await beside.drop(owner, view, version)
        return {"dropped": version}
