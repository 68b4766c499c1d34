"""`reactions` tells how far each reaction is and what it has parked, and tries that again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from uuid import UUID, uuid4

import asyncpg

from kernel.settings import SERVICES, Settings
from ops.checkout import CHECKOUT
from ops.local.home import variables
from ops.local.supervising.names import REACTING
from ops.takers.reactions import reactions

NAME = "attribute_purchase"


def told(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "reactions", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=60,
    )


async def park_event(settings: Settings, stream: UUID | None = None) -> None:
    """One that is no event at all, and so can never be taken."""
    db = await asyncpg.connect(settings.dsn["sales_log"], server_settings={"search_path": "sales"})
    await db.execute(
        "INSERT INTO checkpoint (taker, partition, parked)"
        " SELECT $1, n, (n = 3)::int FROM generate_series(0, 11) n",
        NAME,
    )
    await db.execute(
        "INSERT INTO parked (taker, partition, service, org_id, stream_id, position,"
        " topic_offset, value, reason, frames)"
        " VALUES ($1, 3, 'contacts', $2, $3, 7, 6, 'x', 'ValueError', '')",
        NAME,
        uuid4(),
        stream or uuid4(),
    )
    await db.close()


async def park_command(settings: Settings, cause: tuple[int, int, UUID] = (3, 7, uuid4())) -> UUID:
    """One that the service could not carry out; the stream it is for. `cause`: an event of sales."""
    db = await asyncpg.connect(settings.dsn["sales_log"], server_settings={"search_path": "sales"})
    stream = uuid4()
    await db.execute(
        "INSERT INTO outbox (reaction, org_id, stream_id, command_id, command, body, correlation_id,"
        " service, partition, position, causation_id, origin, parked, frames)"
        " VALUES ($1, $2, $3, $4, 'AttributePurchase', '{}', $4, 'sales', $5, $6, $7, 'live', 'Bug', 'a\nb')",
        NAME,
        uuid4(),
        stream,
        uuid4(),
        *cause,
    )
    await db.close()
    return stream


def test_every_reaction_is_shown_with_its_lag_and_nothing_is_parked(database: Settings) -> None:
    done = told(database, "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)["reactions"]
    assert set(shown) == set(reactions())
    assert shown[NAME] == {
        "reaction": NAME,
        "service": "sales",
        "taken": {"contacts": 0, "sales": 0},
        "lag": {service: {"events": 0, "seconds": 0.0} for service in ("contacts", "sales")},
        "parked": 0,
        "first_parked": [],
        "parked_commands": 0,
        "first_parked_commands": [],
    }


async def test_what_is_parked_is_named_with_its_reason(database: Settings) -> None:
    await park_event(database)
    stream = await park_command(database)
    done = told(database)
    assert done.returncode == 1
    assert "position 7: ValueError" in done.stdout
    assert f"AttributePurchase to stream {stream}: Bug" in done.stdout


def test_the_services_that_react_are_those_with_reactions() -> None:
    services = {name: import_module(f"services.{name}.app").SERVICE for name in SERVICES}
    assert tuple(name for name, service in services.items() if service.reactions) == REACTING
