"""What is parked, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import asyncpg

from kernel.log.envelope import Envelope
from ops.output import aligned, minute
from ops.parking import commands
from ops.parking.commands import Line
from ops.parking.keepers import Keeper
from ops.parking.listing import envelope_of
from ops.parking.numbers import Number

MOST_BYTES = 300
"""Shown of a record that is no event."""


def listed(document: Mapping[str, Any]) -> str:
    """A line for each stream or event, and for each command."""
    count = sum(document["count"].values())
    if not count:
        return "Nothing is parked."
    rows: list[tuple[str, ...]] = [
        ("number", "view or reaction", "event or command", "stream", "position", "behind it", "reason")
    ]
    rows += [_line(each) for each in document["events"]]
    rows += [
        (each["number"], each["taker"], each["command"], str(each["stream"]), "", "", each["reason"])
        for each in document["commands"]
    ]
    shown = len(rows) - 1 + sum(each.get("behind") or 0 for each in document["events"])
    more = [f"{count - shown:,} more are not shown: --limit"] if shown < count else []
    return "\n".join([*aligned(rows), f"{count:,} parked", *more])


def _line(each: Line) -> tuple[str, ...]:
    name = str(each["type"] or "no event").rpartition(".")[2]
    stream, behind = str(each["stream"] or ""), str(each.get("behind", ""))
    return each["number"], each["taker"], name, stream, _place(each), behind, each["reason"]


def _place(each: Line) -> str:
    """Its partition and position in the log; what is no event lies only on its topic."""
    return each["record"] if each["position"] is None else f"{each['partition']}/{each['position']}"


def shown(keeper: Keeper, row: asyncpg.Record, behind: int, ahead: int | None) -> dict[str, Any]:
    """All that is known of one event but its personal part, which stays sealed; of no event its bytes."""
    envelope, value = envelope_of(row["value"]), bytes(row["value"])
    return {
        "number": str(Number(keeper.where, row["seq"])),
        "taker": keeper.name,
        "service": row["service"],
        "org": row["org_id"],
        "stream": row["stream_id"],
        "partition": row["partition"],
        "position": row["position"],
        "generation": row["generation"],
        "offset": row["topic_offset"],
        "reason": row["reason"],
        "traceback": row["frames"].splitlines(),
        "parked_at": row["parked_at"],
        "behind": behind,
        "waits_behind": None if ahead is None else str(Number(keeper.where, ahead)),
        "record": row["record"],
        "bytes": len(value),
        "value": None if envelope else _escaped(value),
        "event": envelope and _event(envelope),
    }


def _escaped(value: bytes) -> str:
    """The first bytes: as they are where a terminal may have them, else `\\x00`."""
    plain = (
        chr(one) if 32 <= one < 127 and one != ord("\\") else f"\\x{one:02x}" for one in value[:MOST_BYTES]
    )
    return "".join(plain) + ("…" if len(value) > MOST_BYTES else "")


async def command(keeper: Keeper, row: asyncpg.Record) -> dict[str, Any]:
    """One command, and the event that caused it; what the command says follows from that and is not told."""
    cause = await commands.cause(keeper, row)
    return {
        "number": str(Number(keeper.where, row["seq"], command=True)),
        "taker": keeper.name,
        "command": row["command"],
        "command_id": row["command_id"],
        "org": row["org_id"],
        "stream": row["stream_id"],
        "reason": row["parked"],
        "traceback": (row["frames"] or "").splitlines(),
        "decided_at": row["decided_at"],
        "behind": await commands.behind(keeper, row),
        "service": row["service"],
        "partition": row["partition"],
        "position": row["position"],
        "event": cause and _event(cause),
    }


def _event(envelope: Envelope) -> dict[str, Any]:
    return {
        "id": envelope.event_id,
        "type": envelope.type,
        "stream": envelope.stream_id,
        "dataschema": envelope.dataschema,
        "version": envelope.version,
        "occurred": envelope.occurred_at,
        "recorded": envelope.recorded_at,
        "actor": envelope.actor,
        "sealed": envelope.sealed is not None,
        "data": bytes(envelope.data).decode(),
    }


def told(document: Mapping[str, Any]) -> str:
    """The same as `name value` lines, the traceback last."""
    plain = {name: value for name, value in document.items() if name not in ("event", "traceback")}
    plain |= {f"event {name}": value for name, value in (document["event"] or {}).items()}
    lines = aligned(
        [(name.replace("_", " "), str(value)) for name, value in plain.items() if value is not None]
    )
    frames = [f"  {at}" for at in document["traceback"]]
    return "\n".join([*lines, *(["traceback, outermost first:", *frames] if frames else [])])


def tried(document: Mapping[str, Any]) -> str:
    """A line for each who had something parked."""
    lines = [
        f"{name}: {one['taken']:,} taken, {one['left']:,} still parked"
        + (f", {one['commands']:,} commands will be sent again" if one["commands"] else "")
        for name, one in document["takers"].items()
    ]
    return "\n".join(lines or ["Nothing is parked."])


def given_up(document: Mapping[str, Any]) -> str:
    """What was dropped of whom, and what to do about those behind."""
    lines = []
    for name, one in document["takers"].items():
        what = [f"{one['dropped']:,} dropped"] if one["dropped"] else []
        what += [f"{one['commands']:,} commands dropped"] if one["commands"] else []
        lines.append(f"{name}: {', '.join(what)}, on record for {document['by']}")
    for stream in sorted(
        {str(one["stream"]) for one in document["takers"].values() if one["more_of_stream"]}
    ):
        lines.append(f"More of its stream is parked: ./rapport parked retry --stream {stream}")
    return "\n".join(lines)


def recorded(document: Mapping[str, Sequence[Line]]) -> str:
    """The record of what was dropped, oldest first."""
    rows = [
        (
            "dropped",
            "by",
            "view or reaction",
            "event or command",
            "stream",
            "position",
            "parked for",
            "because",
        )
    ]
    for each in sorted([*document["dropped"], *document["commands"]], key=itemgetter("dropped_at")):
        command = each.get("command")
        at = "" if command else _place(each)
        name = command or str(each["type"] or "no event").rpartition(".")[2]
        taker = f"{each['taker']} (deleted)" if each.get("ended") else each["taker"]
        when, stream = minute(each["dropped_at"]), str(each["stream"] or "")
        rows.append((when, each["dropped_by"], taker, name, stream, at, each["parked_for"], each["reason"]))
    return "\n".join(aligned(rows)) if len(rows) > 1 else "Nothing was dropped."
