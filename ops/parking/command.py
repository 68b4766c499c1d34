"""`parked` and its subcommands."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import click
from click.core import ParameterSource

from kernel.taking.parking.which import AHEAD
from ops.output import answer, json_option, progress
from ops.parking import commands, listing, mending, showing
from ops.parking.keepers import keepers
from ops.parking.numbers import Number, NumberParam
from ops.settings import load

LIMIT = 100

BEHIND = """
SELECT count(*) FROM parked p JOIN parked b ON b.taker = p.taker
    AND b.org_id = p.org_id AND b.stream_id = p.stream_id AND b.service = p.service AND b.seq > p.seq
WHERE p.seq = $1"""

view_option = click.option("--view", metavar="NAME", help="Only of this view, version, or reaction.")
stream_option = click.option("--stream", type=click.UUID, metavar="ID", help="All of this stream, in order.")
record_option = click.option(
    "--record",
    metavar="TOPIC/PARTITION/OFFSET",
    help="This record of a topic, of everybody who has parked it.",
)
limit_option = click.option(
    "--limit", type=click.IntRange(1), default=LIMIT, show_default=True, help="Lines."
)


@click.group(invoke_without_command=True)
@view_option
@limit_option
@json_option
@click.pass_context
def command(context: click.Context, view: str | None, limit: int, as_json: bool) -> None:
    """Show what views and reactions could not take; try it again, or drop it on record.

    A view or reaction that fails on an event parks it, and what follows in the same stream waits behind it;
    all else goes on. `show` tells why; once the cause is mended, `retry` takes what is parked, and the view
    is then as if nothing had been parked. `drop` lets it go on without an event.

    A number names what is parked: 17 by a view, sales:17 by a reaction of sales, sales-command:17 a command
    of one that sales could not carry out. What several have parked, such as a stranger's record, they go on
    without at once by its place: --record crm.sales.g1/3/17. Alone, `parked` does what `parked list` does.
    """
    action = context.invoked_subcommand
    if action is None:
        context.invoke(list_, view=view, stream=None, record=None, limit=limit, as_json=as_json)
        return
    for option in context.command.params:
        if option.name and context.get_parameter_source(option.name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"say {option.opts[0]} behind {action}: before it, it would do nothing.")


@command.command("list")
@view_option
@click.option("--stream", type=click.UUID, metavar="ID", help="Every event of this stream.")
@record_option
@limit_option
@json_option
def list_(view: str | None, stream: UUID | None, record: str | None, limit: int, as_json: bool) -> None:
    """List what is parked, a line for each stream.

    It tells the stream's first event, why that one is parked, and how many wait behind it. Exit code 1 while
    anything is parked.
    """

    async def run() -> dict[str, Any]:
        async with keepers(load(), view) as found:
            return await listing.parked(found, stream, record, limit)

    document = asyncio.run(run())
    answer(document, showing.listed(document), as_json)
    raise SystemExit(1 if document["count"] else 0)


@command.command("show")
@click.argument("number", type=NumberParam())
@json_option
def show(number: Number, as_json: bool) -> None:
    """Show one event or command: what it is, who parked it and why, with the traceback.

    Of a command it shows the event that caused it, from which all that it says follows. The event's personal
    part stays sealed. Of a record that is no event it shows the first bytes.
    """

    async def run() -> dict[str, Any]:
        async with keepers(load()) as found:
            if number.command:
                return await showing.command(*await commands.one(found, number))
            keeper, row = await listing.one(found, number)
            ahead = await keeper.db.fetchval(AHEAD, keeper.name, number.seq)
            return showing.shown(keeper, row, await keeper.db.fetchval(BEHIND, number.seq), ahead)

    document = asyncio.run(run())
    answer(document, showing.told(document), as_json)


@command.command("retry")
@click.argument("number", type=NumberParam(), required=False)
@stream_option
@record_option
@click.option("--all", "everything", is_flag=True, help="All that is parked, each stream in order.")
@view_option
@json_option
def retry(
    number: Number | None,
    stream: UUID | None,
    record: str | None,
    everything: bool,
    view: str | None,
    as_json: bool,
) -> None:
    """Take what is parked: one event or command, one stream, one record of a topic, or all.

    Each stream is taken in its order. What fails again stays parked, with the reason of this time, and so
    does what waits behind it. Workers may go on meanwhile; broken off at any point, it is given again.
    Commands are sent again by the process `react`. Exit code 1 where an event that was tried stays parked.
    """
    if sum([number is not None, stream is not None, record is not None, everything]) != 1:
        raise click.UsageError(
            "say which: one NUMBER, --stream ID, --record TOPIC/PARTITION/OFFSET, or --all."
        )

    async def run() -> dict[str, Any]:
        settings = load()
        with progress() as say:
            async with keepers(settings, view) as found:
                return await mending.retry(settings, found, number, stream, record, say)

    document = asyncio.run(run())
    answer(document, showing.tried(document), as_json)
    raise SystemExit(1 if any(one["left"] for one in document["takers"].values()) else 0)


@command.command("drop")
@click.argument("number", type=NumberParam(), required=False)
@stream_option
@record_option
@click.option("--reason", required=True, help="Why; it stays on record with your name.")
@view_option
@json_option
def drop(
    number: Number | None,
    stream: UUID | None,
    record: str | None,
    reason: str,
    view: str | None,
    as_json: bool,
) -> None:
    """Have a view or reaction go on without an event, a command, or a stream; with --record, everybody.

    A NUMBER must be the first event of its stream; the others merely wait, and stay parked until they are
    tried. --stream drops all that is parked of one. What waits behind a command is sent at once. Who dropped
    what, when and why stays on record (`parked dropped`), and `verify` takes it as meant so. The event itself
    stays in the log: a version that is rebuilt tries it anew.
    """
    if sum([number is not None, stream is not None, record is not None]) != 1:
        raise click.UsageError("say which: one NUMBER, --stream ID, or --record TOPIC/PARTITION/OFFSET.")
    if not reason.strip():
        raise click.BadParameter("it is blank", param_hint="--reason")

    async def run() -> dict[str, Any]:
        async with keepers(load(), view) as found:
            return await mending.drop(found, number, stream, record, reason.strip())

    document = asyncio.run(run())
    answer(document, showing.given_up(document), as_json)


@command.command("dropped")
@view_option
@limit_option
@json_option
def dropped(view: str | None, limit: int, as_json: bool) -> None:
    """List what was dropped: when, by whom and why."""

    async def run() -> dict[str, Any]:
        async with keepers(load(), view) as found:
            return await listing.dropped(found, view is None, limit)

    document = asyncio.run(run())
    answer(document, showing.recorded(document), as_json)
