"""`log`: the whole log written to an archive, checked there, and put into an empty system."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kernel.settings import SERVICES
from ops import packages
from ops.advance import Advance, Say
from ops.errors import CannotRun
from ops.output import answer, counted, json_option, progress, say
from ops.settings import away, load

if TYPE_CHECKING:
    from kernel.archive.format.files import Progress

folder_argument = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
service_option = click.option(
    "--service",
    "services",
    type=click.Choice(SERVICES),
    multiple=True,
    help="Only this one; may be repeated.",
)


@click.group()
def command() -> None:
    """Write the whole log to an archive, check one, or put one into an empty system.

    An archive is a folder of Parquet files with a checksum each: every event of every service, exactly as it
    is stored, personal parts sealed. `rebuild --from` reads it too. Each of these takes --json.
    """


@command.command("export")
@folder_argument
@service_option
@click.option("--with-keys", is_flag=True, help="Also persons' keys, wrapped: see above.")
@json_option
def export(folder: Path, services: tuple[str, ...], with_keys: bool, as_json: bool) -> None:
    """Write every event to FOLDER; into an archive that is there, what it lacks.

    Commands may go on meanwhile. An export that is broken off leaves the archive as it was; into a
    damaged one nothing is written, exit code 2.

    --with-keys adds the vault's table, for moving a whole system. Such an archive keeps its persons readable
    for whoever also has the home's keys/, even after they are erased here: delete it once it was imported.
    Without it the archive tells nobody's personal values, and an erasure here is one there.
    """
    with _running("export", folder) as tell:
        from kernel.archive.exporting import export as work

        manifest, added = asyncio.run(work(load(), folder, services or SERVICES, with_keys, tell))
    if with_keys:
        say(f"{folder} holds persons' keys: whoever has it and the home's keys/ reads their personal values.")
    size = sum(file.bytes for file in manifest.files())
    document = {
        "archive": str(folder),
        "added": added,
        "events": {service: log.events for service, log in manifest.services.items()},
        "bytes": size,
        "keys": with_keys,
    }
    total = sum(log.events for log in manifest.services.values())
    answer(
        document,
        f"{folder} holds {counted(total, 'event')}, {added:,} of them new; {size / 1e6:,.1f} MB",
        as_json,
    )


@command.command("check")
@folder_argument
@json_option
def check(folder: Path, as_json: bool) -> None:
    """Read all of an archive: checksums, gaps, order, versions, ids. It needs no stack.

    Exit code 1 where something is wrong; every fault is named with its file. What an export that runs, or was
    broken off, has beside the archive is no fault.
    """
    with _running("check", folder) as tell:
        from kernel.archive.checking import check as work

        checked = work(folder, None, tell)
    events = {service: log.events for service, log in checked.manifest.services.items()}
    document = {
        "archive": str(folder),
        "whole": not checked.faults,
        "events": events,
        "faults": checked.faults,
        "leftovers": checked.leftovers,
    }
    lines = [*checked.faults] or [f"{folder} is whole: {counted(sum(events.values()), 'event')}"]
    if checked.leftovers:
        lines.append(
            f"{len(checked.leftovers):,} files are not of it, such as {checked.leftovers[0]}: an export that "
            "runs or was broken off has them there, and the next deletes them"
        )
    answer(document, "\n".join(lines), as_json)
    sys.exit(1 if checked.faults else 0)


@command.command("import")
@folder_argument
@service_option
@click.option(
    "--sealed", is_flag=True, help="Even if persons' keys are missing, who are then shown as erased."
)
@json_option
def import_(folder: Path, services: tuple[str, ...], sealed: bool, as_json: bool) -> None:
    """Put an archive into an empty system: the same events, at the same versions and positions.

    The archive is checked first, and nothing is imported of one that is not whole. The relays then publish
    the events, and the views take them; commands go on where they were. Each service is imported whole or
    not at all; one that has just this log already is left alone, so a broken-off import may be repeated.
    """
    with _running("import", folder) as tell:
        from kernel.archive.importing import put_in

        imported = asyncio.run(put_in(load(), folder, services or SERVICES, sealed, tell))
    lines = [
        f"{service}: {counted(events, 'event')} imported"
        if events
        else f"{service}: nothing to import, it is there"
        for service, events in imported.items()
    ]
    answer({"archive": str(folder), "imported": imported}, "\n".join(lines), as_json)


@contextmanager
def _running(what: str, folder: Path) -> Iterator[Progress]:
    """What a command needs and can raise; gives the function that tells how far it is."""
    from kernel.archive.format import manifest
    from kernel.archive.format.files import Unfit
    from kernel.database import DatabaseAway
    from kernel.migrate import SchemaMismatch
    from kernel.vault.keys import KeysMissing

    try:
        if what != "export":
            manifest.read(folder)  # nothing is installed for a folder that is no archive
        packages.need(packages.ARCHIVE)
        with progress() as line:
            yield _telling(line)
    except DatabaseAway as error:
        raise away(error) from error
    except (Unfit, KeysMissing, SchemaMismatch) as error:
        raise CannotRun(f"{what}: {error}") from error
    except OSError as error:
        place = Path(os.fsdecode(error.filename or ""))
        if not error.filename or not (place.is_relative_to(folder) or folder.is_relative_to(place)):
            raise
        raise CannotRun(f"{what}: {error.filename}: {error.strerror}; name another folder.") from error


def _telling(say: Say) -> Progress:
    """Tells now and then how far each work on each service is."""
    works: dict[tuple[str, str], Advance] = {}

    def tell(what: str, service: str, done: int, total: int) -> None:
        if (what, service) not in works:
            works[what, service] = Advance(service, say, f"events {what}")
        works[what, service].now_and_then(done, total)

    return tell
