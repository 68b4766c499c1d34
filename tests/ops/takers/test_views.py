"""`views` tells how far each view is and what it has parked."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from uuid import uuid4

import asyncpg

from kernel.settings import Settings
from kernel.view.building import beside
from kernel.view.tables import table_sql
from ops.checkout import CHECKOUT
from ops.local.home import variables
from services.projections.app import VIEWS
from services.projections.shared.identity import IDENTITY
from tests.connecting import owning
from tests.ops.parking.test_command import parked


def views(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "views", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=60,
    )


async def park(settings: Settings, version: str = "identity__v1", position: int | None = 7) -> None:
    """One record of `identity`; without a position it is no event at all."""
    path = {"search_path": "projections"}
    db = await asyncpg.connect(settings.dsn["projections_log"], server_settings=path)
    await db.execute(
        "INSERT INTO parked (taker, partition, service, org_id, stream_id, position, topic_offset,"
        " value, reason, frames) VALUES ($3, 3, 'contacts', $1, $2, $4, 6, 'x', 'ValueError', '')",
        position and uuid4(),
        position and uuid4(),
        version,
        position,
    )
    await db.execute("UPDATE checkpoint SET parked = 1 WHERE taker = $1 AND partition = 3", version)
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


async def test_a_record_that_is_no_event_is_named_by_where_it_lies(database: Settings) -> None:
    await park(database, position=None)
    assert "identity__v1: contacts partition 3 offset 6: ValueError" in views(database).stdout
    told = parked(database, code=1)
    assert "no event" in told
    assert "crm.contacts.g1/3/6" in told
    number = json.loads(parked(database, "--json", code=1))["events"][0]["number"]
    assert "traceback" not in parked(database, "show", number)


async def test_every_version_is_shown_with_its_state_and_how_long_its_build_took(database: Settings) -> None:
    async with owning(database) as owner:
        built = await beside.begun(owner, IDENTITY)
        await beside.worked(owner, built, 3.25)
        await beside.worked(owner, built, 4.0)
        await beside.follow(owner, built)
        await beside.finished(owner, built)
        await beside.begun(owner, IDENTITY)
    shown = json.loads(views(database, "--json").stdout)["views"]
    told = [(name, one["state"], one["live"]) for name, one in shown.items() if one["view"] == "identity"]
    assert told == [
        ("identity__v1", "followed", True),
        ("identity__v1_2", "followed", False),
        ("identity__v1_3", "building", False),
    ]
    assert shown["identity__v1_2"]["built_at"]
    assert shown["identity__v1_2"]["built_in"] == 7.2
    assert shown["identity__v1_3"]["built_in"] is None
    assert [bool(shown[name]["followed_since"]) for name, *_ in told] == [True, False, False]
    lines = views(database).stdout.splitlines()
    built = {
        name: line.split("MB  ")[1] for line in lines for name, *_ in told if line.startswith(f"{name} ")
    }
    assert re.fullmatch(r"since \d{4}-\d\d-\d\d \d\d:\d\d UTC +-", built["identity__v1"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC +7.2 s", built["identity__v1_2"])
    assert built["identity__v1_3"].split() == ["-", "-"]


async def test_since_when_workers_follow_a_version_is_told_of_none_that_waits_to_be_filled(
    database: Settings,
) -> None:
    async with owning(database) as owner:
        await owner.execute(table_sql(replace(IDENTITY, build=2)))
    waiting = json.loads(views(database, "--json").stdout)["views"]["identity__v1_2"]
    assert (waiting["state"], waiting["followed_since"], waiting["built_at"]) == ("wanted", None, None)


async def test_a_version_without_a_fold_in_this_program_is_shown_as_such(database: Settings) -> None:
    async with owning(database) as owner:
        await owner.execute(table_sql(replace(IDENTITY, number=7)))
    assert json.loads(views(database, "--json").stdout)["views"]["identity__v7"]["fold"] is False
    assert "identity__v7: this program does not have its fold" in views(database).stdout


async def test_a_version_that_is_read_and_was_lost_wants_a_rebuild(database: Settings) -> None:
    async with owning(database) as owner:
        await beside.lose(owner, ["identity__v1"])
    shown = json.loads(views(database, "--json").stdout)["views"]
    assert [name for name, one in shown.items() if one["wants_rebuild"]] == ["identity__v1"]
    assert "identity wants a rebuild, the log does not hold all of its events" in views(database).stdout


async def test_a_view_is_shown_with_what_it_has_taken_and_how_fast_it_goes_on(database: Settings) -> None:
    async with owning(database) as owner:
        going = asyncio.create_task(taking(owner))
        shown = json.loads((await asyncio.to_thread(views, database, "--json")).stdout)["views"]
        going.cancel()
    assert shown["identity__v1"]["taken"]["contacts"] > 0
    assert shown["identity__v1"]["per_second"] > 0
    assert shown["person__v1"]["per_second"] == 0


async def taking(owner: asyncpg.Connection) -> None:
    """A checkpoint that goes on and on."""
    position = 0
    while True:
        position += 1
        head = {"contacts": {"generation": 1, "position": position, "offset": position}}
        await owner.execute(
            "UPDATE checkpoint SET topics = $1 WHERE taker = 'identity__v1' AND partition = 3", head
        )
