"""`reactions`: how far each reaction is, and what it has parked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from kernel.reaction import outbox
from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.taking import checkpoints
from ops.local.supervising.names import REACTING
from ops.output import aligned, answer, json_option
from ops.settings import load
from ops.takers.found import SHOWN, Logs, distance, found, opened, parked_lines

PARKED_COMMANDS = """
SELECT org_id AS org, stream_id AS stream, command, parked AS reason, decided_at
FROM outbox WHERE reaction = $1 AND parked IS NOT NULL ORDER BY seq LIMIT $2"""


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show every reaction: how far behind the log it is, what it has parked and why.

    A reaction parks an event that it cannot take, and a command that its service could not carry out; what
    follows in the same stream waits behind it, and all else goes on. `./rapport parked` tells more, and once
    the cause is mended it takes the events, and has the process `react` send the commands again. Exit code 1
    while anything is parked.
    """
    document = asyncio.run(_run(load()))
    answer(document, text(document), as_json)
    parked = any(one["parked"] or one["parked_commands"] for one in document["reactions"].values())
    raise SystemExit(1 if parked else 0)


def reactions() -> dict[str, tuple[str, Reaction[Any]]]:
    """Every reaction by its name, with the service whose reaction it is."""
    services = {name: import_module(f"services.{name}.app").SERVICE for name in REACTING}
    return {one.name: (name, one) for name, service in services.items() for one in service.reactions}


async def _run(settings: Settings) -> dict[str, Any]:
    known = reactions()
    async with opened(settings) as (_, logs):
        return {
            "reactions": {
                reaction.name: await _document(logs, service, reaction)
                for service, reaction in known.values()
            }
        }


async def _document(logs: Logs, service: str, reaction: Reaction[Any]) -> dict[str, Any]:
    db = logs[service]
    heads = await checkpoints.every(db, [reaction])
    commands = await db.fetch(PARKED_COMMANDS, reaction.name, SHOWN)
    return {
        "reaction": reaction.name,
        "service": service,
        **await found(reaction, db, logs, heads[reaction.name]),
        "parked_commands": await outbox.parked(db, reaction),
        "first_parked_commands": [dict(row) for row in commands],
    }


def text(document: Mapping[str, Any]) -> str:
    """A table, and what is parked below it."""
    lines = [("reaction", "service", "behind", "seconds", "parked", "parked commands")]
    parked: list[str] = []
    for name, one in document["reactions"].items():
        counts = str(one["parked"]), str(one["parked_commands"])
        lines.append((name, one["service"], *distance(one), *counts))
        parked += parked_lines(name, one)
        parked += [
            f"{name}: {row['command']} to stream {row['stream']}: {row['reason']}"
            for row in one["first_parked_commands"]
        ]
    return "\n".join([*aligned(lines), *parked])
