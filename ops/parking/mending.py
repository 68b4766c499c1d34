"""Trying again, and dropping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from kernel.reaction import outbox
from kernel.reaction import retrying as reaction_retrying
from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.taking.checkpoints import Gone
from kernel.taking.parking import dropping, retrying
from kernel.taking.parking.retrying import Retried
from kernel.taking.parking.which import MATCHES, WaitsBehind, Which
from kernel.vault.keys import KeysMissing
from kernel.vault.vault import Vault
from kernel.view.batch.locked import folding
from kernel.view.view import View
from ops.advance import Advance, Say
from ops.errors import CannotRun
from ops.operator import operator
from ops.parking import commands
from ops.parking.keepers import Keeper
from ops.parking.listing import at, one
from ops.parking.numbers import Number

ANY = "SELECT EXISTS (SELECT FROM parked WHERE taker = $1 AND ($2::uuid IS NULL OR stream_id = $2))"
PARKED = f"SELECT count(*) FROM parked WHERE {MATCHES}"


async def retry(
    settings: Settings,
    keepers: Sequence[Keeper],
    number: Number | None,
    stream: UUID | None,
    record: str | None,
    say: Say,
) -> dict[str, Any]:
    """What became of it, by taker. Raises CannotRun."""
    if number is not None and number.command:
        return await _send_again(keepers, number)
    wanted = [(keeper, Which(stream_id=stream)) for keeper in keepers]
    if number is not None:
        wanted = [((await one(keepers, number))[0], Which(seq=number.seq))]
    if record is not None:
        wanted = [(keeper, Which(seq=its.seq)) for keeper, its in await at(keepers, record)]
    takers: dict[str, Any] = {}
    try:
        vault = await Vault.open(settings)
    except KeysMissing as error:
        raise CannotRun(str(error)) from error
    try:
        for keeper, which in wanted:
            if done := await _tried(keeper, which, vault, say):
                takers[keeper.name] = done
    finally:
        await vault.close()
    if stream is not None and not takers:
        raise CannotRun(f"nothing of stream {stream} is parked: `./rapport parked` lists what is.")
    return {"takers": takers}


async def _tried(keeper: Keeper, which: Which, vault: Vault, say: Say) -> dict[str, int] | None:
    """None where the keeper has parked nothing of it."""
    total = await keeper.db.fetchval(PARKED, keeper.name, which.seq, which.stream_id)
    advance = Advance(keeper.name, say, "parked events tried")
    if total:
        advance.now_and_then(0, total)

    def told(retried: Retried) -> None:
        advance.now_and_then(retried.taken + retried.left, total)

    commands = 0
    try:
        match keeper.takes:
            case Reaction() as reaction:
                done, commands = await reaction_retrying.retry(keeper.db, reaction, vault, which, told)
            case View() as view:
                done = await retrying.retry(keeper.db, view, folding(view), vault, which, told)
            case None:
                if await keeper.db.fetchval(ANY, keeper.name, which.stream_id):
                    raise CannotRun(
                        f"this program does not have the fold of {keeper.name}: it can only drop what is "
                        "parked there, or name another view with --view."
                    )
                return None
    except WaitsBehind as error:
        raise behind(keeper, which, error, "is tried") from error
    except Gone as error:
        raise CannotRun(f"{keeper.name} was deleted meanwhile, with what it had parked.") from error
    return {**asdict(done), "commands": commands} if done != Retried() or commands else None


async def _send_again(keepers: Sequence[Keeper], number: Number) -> dict[str, Any]:
    keeper, _ = await commands.one(keepers, number)
    assert isinstance(keeper.takes, Reaction)
    sent = await outbox.unpark(keeper.db, keeper.takes, Which(seq=number.seq))
    return {"takers": {keeper.name: {"taken": 0, "left": 0, "commands": sent}}}


async def drop(
    keepers: Sequence[Keeper], number: Number | None, stream: UUID | None, record: str | None, reason: str
) -> dict[str, Any]:
    """How many events and commands were dropped of whom, and by whom. Raises CannotRun."""
    by, takers = operator(), {}
    for keeper, its, of in await _whose(keepers, number, stream, record):
        done = await _dropped(keeper, its, of, reason, by)
        if done["dropped"] + done["commands"]:
            takers[keeper.name] = done
    if not takers:
        raise CannotRun("it was taken or dropped meanwhile, by somebody else: `./rapport parked dropped`.")
    return {"by": by, "takers": takers}


async def _dropped(
    keeper: Keeper, number: Number | None, stream: UUID | None, reason: str, by: str
) -> dict[str, Any]:
    which = Which(stream_id=stream) if number is None else Which(number.seq)
    dropped = sent = 0
    try:
        if number is None or not number.command:
            dropped = await dropping.drop(keeper.db, keeper.name, which, reason, by)
    except WaitsBehind as error:
        raise behind(keeper, which, error, "is dropped") from error
    if isinstance(keeper.takes, Reaction) and (number is None or number.command):
        sent = await outbox.drop(keeper.db, keeper.takes, which, reason, by)
    waits = stream is not None and await keeper.db.fetchval(ANY, keeper.name, stream)
    return {"dropped": dropped, "commands": sent, "stream": stream, "more_of_stream": waits}


async def _whose(
    keepers: Sequence[Keeper], number: Number | None, stream: UUID | None, record: str | None
) -> list[tuple[Keeper, Number | None, UUID | None]]:
    """Who is to go on without what, and of which stream it is. Raises CannotRun."""
    if number is not None:
        keeper, row = await (commands.one if number.command else one)(keepers, number)
        return [(keeper, number, row["stream_id"])]
    if record is not None:
        return [
            (keeper, its, (await one(keepers, its))[1]["stream_id"])
            for keeper, its in await at(keepers, record)
        ]
    assert stream is not None
    holding = [
        each
        for each in keepers
        if await each.db.fetchval(ANY, each.name, stream) or await commands.any_parked(each, stream)
    ]
    if len(holding) == 1:
        return [(holding[0], None, stream)]
    names = ", ".join(each.name for each in holding)
    raise CannotRun(
        f"stream {stream} is parked by {names}: say with --view which of them is to go on without it."
        if holding
        else f"nothing of stream {stream} is parked: `./rapport parked` lists what is."
    )


def behind(keeper: Keeper, which: Which, error: WaitsBehind, done: str) -> CannotRun:
    """Why an event that is not the first of its stream is left where it is."""
    number, first = (Number(keeper.where, seq) for seq in (which.seq or 0, error.seq))
    return CannotRun(
        f"{number} waits behind {first} in its stream, which keeps its order: {first} {done} first, "
        f"or all of it with --stream."
    )
