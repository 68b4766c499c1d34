"""`views` tells how far each view is and what it has parked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from uuid import uuid4

import asyncpg

from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.local.home import variables
from services.projections.app import VIEWS


def views(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "views", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=60,
    )


async def park(settings: Settings) -> None:
    """One event of `identity` that is no event at all."""
    path = {"search_path": "projections"}
    db = await asyncpg.connect(settings.dsn["projections_log"], server_settings=path)
    await db.execute(
        "INSERT INTO parked (taker, partition, service, org_id, stream_id, position, topic_offset,"
        " value, reason, frames) VALUES ('identity__v1', 3, 'contacts', $1, $2, 7, 6, 'x', 'ValueError', '')",
        uuid4(),
        uuid4(),
    )
    await db.execute("UPDATE checkpoint SET parked = 1 WHERE taker = 'identity__v1' AND partition = 3")
    await db.close()


def test_every_view_is_shown_with_its_lag_and_nothing_is_parked(database: Settings) -> None:
    done = views(database, "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)["views"]
    assert set(shown) == {view.table_name for view in VIEWS}
    assert all(view["live"] and view["parked"] == 0 for view in shown.values())
    assert shown["identity__v1"]["lag"] == {"contacts": {"events": 0, "seconds": 0.0}}


async def test_what_is_parked_is_named_with_its_reason(database: Settings) -> None:
    await park(database)
    done = views(database)
    assert done.returncode == 1
    assert "position 7: ValueError" in done.stdout


async def test_trying_again_what_still_fails_leaves_it_parked(database: Settings) -> None:
    await park(database)
    done = views(database, "--retry", "identity")
    assert "0 taken, 1 still parked" in done.stderr
    assert done.returncode == 1


def test_an_unknown_view_is_named_with_the_known_ones(database: Settings) -> None:
    done = views(database, "--retry", "identities")
    assert done.returncode == 2
    assert "customer_360" in done.stderr
