"""`replay` on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
import uvloop
from aiokafka.errors import KafkaError

from kernel.log.partitions import PARTITIONS
from ops.errors import CannotRun
from ops.local.issuer import organisation
from ops.output import answer, counted, json_option, progress, say
from ops.replaying.output import nobody_reads
from ops.replaying.parameters import Moment, Positions
from ops.replaying.running import Asked, replay
from ops.replaying.wanted import Wanted
from ops.settings import kafka_away, load


@click.command()
@click.argument("source", metavar="TOPIC|SERVICE")
@click.option("--since", type=Moment(), metavar="TIME", help="Recorded then or later.")
@click.option("--until", type=Moment(), metavar="TIME", help="Recorded then or before.")
@click.option("--partition", type=click.IntRange(0, PARTITIONS - 1), help="Only this partition.")
@click.option("--position", type=Positions(), metavar="A..B", help="Only these positions of --partition.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Such as NameCorrected; repeatable.")
@click.option("--stream", type=click.UUID, metavar="ID", help="Only this stream.")
@click.option("--org", metavar="ORG", help="Only this organisation.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many events.")
@click.option("--follow", is_flag=True, help="Then go on with what comes, until Ctrl-C.")
@click.option(
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Not to standard output.",
)
@click.option(
    "--open", "opening", is_flag=True, help="Open personal parts, as the token's role may see them."
)
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holds the token for --open; default: the variable RAPPORT_TOKEN.",
)
@json_option
def command(
    source: str,
    since: datetime | None,
    until: datetime | None,
    partition: int | None,
    position: tuple[int, int | None] | None,
    types: tuple[str, ...],
    stream: UUID | None,
    org: str | None,
    limit: int | None,
    follow: bool,
    file: Path | None,
    opening: bool,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Write the events of a topic, a line of JSON each: CloudEvents, byte for byte as they lie there.

    TOPIC is a topic's name, or that of a service for its present one. Events of all partitions come in the
    order in which they were recorded, each once; with --follow those that come later come as they come,
    of a service also where its topic is made anew meanwhile. Records that are no events are counted on
    standard error, and so is that there are none as asked for. What is personal is sealed in `personal`.

    --open needs a token of a role that sees personal values (docs/access.md). It writes the events of the
    token's organisation alone, with the personal part opened in `data.personal`; that of an erased person
    stays sealed. Who asked for what is put on record first.

    Examples: ./rapport replay contacts --type NameCorrected --since 2026-11-01 | head -3

    ./rapport replay crm.sales.g1 --partition 3 --position 100..200 --output events.ndjson
    """
    if position is not None and partition is None:
        raise click.UsageError("a position counts in its partition: say which with --partition.")
    if follow and (until is not None or (position is not None and position[1] is not None)):
        raise click.UsageError("--follow goes on for good: it goes with no end.")
    if since is not None and until is not None and since > until:
        raise click.UsageError("--since is later than --until: nothing was recorded between them.")
    if as_json and file is None:
        raise click.UsageError("the events themselves are JSON, a line each; --json tells of --output FILE.")
    settings = load()
    first, last = position or (1, None)
    wanted = Wanted(
        since, until, partition, first, last, frozenset(types), stream, organisation(org) if org else None
    )
    words = " ".join(sys.argv[1:])
    asked = Asked(source, wanted, file, follow, limit, _token(opening, token_file), words)
    try:
        with ExitStack() as stack:
            replayed = uvloop.run(replay(settings, asked, _watching(stack)))
    except KafkaError as error:
        raise kafka_away(error, settings) from error
    except BrokenPipeError:
        nobody_reads()
        return
    if replayed.no_events:
        say(f"{replayed.topic}: left out, as no event: {counted(replayed.no_events, 'record')}")
    if file is None and not replayed.events:
        say(f"{replayed.topic}: {counted(0, 'event')} as asked for")
    if file is not None:
        document = {**asdict(replayed), "file": str(file)}
        answer(document, f"{file}: {counted(replayed.events, 'event')} of {replayed.topic}", as_json)


def _watching(stack: ExitStack) -> Callable[[int], object]:
    """Tells the count on standard error where somebody watches that and not the events themselves."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return lambda _: None
    tell = stack.enter_context(progress())
    return lambda events: tell(counted(events, "event"))


def _token(opening: bool, token_file: Path | None) -> str | None:
    """What --open is asked with; None where nothing is to be opened."""
    if not opening:
        if token_file is not None:
            raise click.UsageError("--token-file goes with --open.")
        return None
    token = token_file.read_text() if token_file else os.environ.get("RAPPORT_TOKEN", "")
    if not token.strip():
        raise CannotRun("--open needs a token: RAPPORT_TOKEN=$(./rapport token --org ORG --role manager)")
    return token
