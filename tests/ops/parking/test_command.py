"""`parked` tells what was set aside and why, and takes it or drops it, in the order of each stream."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.local.home import variables
from services.projections.customers.person import PERSON
from services.projections.shared.identity import IDENTITY
from tests.ops.verify.showing import VIEWS, Shown, life, showing
from tests.ops.verify.verifying import faults
from tests.ops.verify.views.test_check import refuse


def started(settings: Settings, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops", "parked", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def parked(settings: Settings, *arguments: str, code: int = 0, **environment: str) -> str:
    """What the command answers; where it could not run, its sentence."""
    process = started(settings, *arguments, **environment)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    return err if code == 2 else out


def listed(settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    found = json.loads(parked(settings, "list", *arguments, "--json", code=1))
    return list(found["events"])


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """Of two contacts the view `person` has parked the whole life, by a fold that is mended since."""
    async with showing(settings, postgres, tmp_path) as made:
        made.log.views = (replace(PERSON, fold=refuse), IDENTITY)
        for contact in (ANNA, BERT):
            await made.record(contact, 0, *life(100, contact))
        await made.take()
        made.log.views = VIEWS
        yield made


ANNA, BERT = uuid4(), uuid4()


async def assert_all_is_right(shown: Shown) -> None:
    assert [faults(report) for report in (await shown.reports()).values()] == [{}, {}]
    counted = "SELECT array_agg(DISTINCT parked) FROM checkpoint WHERE taker = 'person__v1'"
    assert await shown.db.fetchval(counted) == [0]


async def test_each_stream_has_a_line_with_its_first_event_and_the_reason(shown: Shown) -> None:
    settings = shown.log.settings
    lines = listed(settings)
    assert {UUID(line["stream"]) for line in lines} == {ANNA, BERT}
    for line in lines:
        assert (line["taker"], line["service"], line["behind"]) == ("person__v1", "contacts", 2)
        assert (line["type"], line["reason"]) == ("crm.contacts.ContactRegistered", "ValueError")
    assert [line["reason"] for line in listed(settings, "--stream", str(ANNA))] == [
        "ValueError",
        *["waits behind a parked event of its stream"] * 2,
    ]
    assert json.loads(parked(settings, "--view", "identity", "--json"))["count"] == {}
    assert "6 parked" in parked(settings, code=1)


async def test_one_is_shown_with_its_traceback_and_nothing_personal(shown: Shown) -> None:
    settings = shown.log.settings
    number = listed(settings)[0]["number"]
    told = json.loads(parked(settings, "show", number, "--json"))
    assert any("refuse" in frame for frame in told["traceback"])
    assert (told["event"]["type"], told["behind"]) == ("crm.contacts.ContactRegistered", 2)
    assert told["event"]["sealed"]
    text = parked(settings, "show", number)
    assert "refuse" in text
    assert "Byron" not in text


async def test_one_stream_then_all_are_taken_and_the_view_is_right(shown: Shown) -> None:
    settings = shown.log.settings
    done = json.loads(parked(settings, "retry", "--stream", str(ANNA), "--json"))
    assert done["takers"] == {"person__v1": {"taken": 3, "left": 0, "commands": 0}}
    assert {UUID(line["stream"]) for line in listed(settings)} == {BERT}
    out, err = (process := started(settings, "retry", "--all")).communicate(timeout=60)
    assert (process.returncode, out) == (0, "person__v1: 3 taken, 0 still parked\n")
    assert err == "person__v1: 0 of 3 parked events tried\n"
    assert parked(settings) == "Nothing is parked.\n"
    await assert_all_is_right(shown)


async def test_only_the_first_of_a_stream_is_tried_or_dropped_alone(shown: Shown) -> None:
    settings = shown.log.settings
    first, second, _ = [line["number"] for line in listed(settings, "--stream", str(ANNA))]
    assert f"{second} waits behind {first}" in parked(settings, "retry", second, code=2)
    assert f"{second} waits behind {first}" in parked(settings, "drop", second, "--reason", "x", code=2)
    parked(settings, "retry", first)
    line = next(line for line in listed(settings) if line["number"] == second)
    assert line["reason"].startswith("waits to be tried")
    parked(settings, "retry", second)
    parked(settings, "retry", "--all")
    await assert_all_is_right(shown)


@pytest.mark.parametrize("point", ["retry.taken", "retry.committed"])
async def test_a_retry_that_is_killed_is_given_again_and_nothing_is_taken_twice(
    shown: Shown, point: str
) -> None:
    settings = shown.log.settings
    parked(settings, "retry", "--all", code=137, RAPPORT_FAILPOINT=point)
    parked(settings, "retry", "--all")
    await assert_all_is_right(shown)


async def test_two_who_try_at_once_take_each_event_once(shown: Shown) -> None:
    settings = shown.log.settings
    both = [started(settings, "retry", "--all", "--json") for _ in range(2)]
    told = [json.loads(process.communicate(timeout=60)[0])["takers"] for process in both]
    assert sum(one["person__v1"]["taken"] for one in told if one) == 6
    await assert_all_is_right(shown)


async def test_what_is_dropped_is_on_record_and_verify_takes_it_as_meant(shown: Shown) -> None:
    settings = shown.log.settings
    first = listed(settings, "--stream", str(ANNA))[0]["number"]
    text = parked(settings, "drop", first, "--reason", "registered in jest")
    assert f"parked retry --stream {ANNA}" in text
    done = json.loads(parked(settings, "drop", "--stream", str(BERT), "--reason", "a robot", "--json"))
    assert done["takers"]["person__v1"] == {
        "dropped": 3,
        "commands": 0,
        "stream": str(BERT),
        "more_of_stream": False,
    }
    parked(settings, "retry", "--all")
    record = json.loads(parked(settings, "dropped", "--json"))["dropped"]
    assert {UUID(line["stream"]) for line in record} == {ANNA, BERT}
    assert "T" in record[0]["dropped_at"]
    assert [line["reason"] for line in record] == ["registered in jest", *["a robot"] * 3]
    assert record[0]["parked_for"] == "ValueError"
    assert record[0]["type"] == "crm.contacts.ContactRegistered"
    assert "@" in record[0]["dropped_by"]
    assert re.search(r"\d\d:\d\d UTC .* registered in jest", parked(settings, "dropped", "--view", "person"))
    assert "Nothing was dropped" in parked(settings, "dropped", "--view", "identity")
    assert (await shown.reports())["person__v1"].figures["dropped"] == 4
    await assert_all_is_right(shown)


async def test_a_stream_that_several_have_parked_is_dropped_of_the_one_that_is_named(shown: Shown) -> None:
    settings = shown.log.settings
    await shown.db.execute(
        "INSERT INTO parked (taker, partition, service, org_id, stream_id, position, topic_offset, value,"
        " reason, frames) SELECT 'identity__v1', partition, service, org_id, stream_id, position, 0, value,"
        " 'KeyError', '' FROM parked WHERE stream_id = $1",
        ANNA,
    )
    command = ("drop", "--stream", str(ANNA), "--reason", "x")
    assert "say with --view which" in parked(settings, *command, code=2)
    assert "person__v1: 3 dropped" in parked(settings, *command, "--view", "person")


async def test_what_a_version_without_its_fold_has_parked_can_only_be_dropped(shown: Shown) -> None:
    settings = shown.log.settings
    for statement in (
        "INSERT INTO view_version (name, view, number, build, state)"
        " VALUES ('old', 'person', 9, 1, 'followed')",
        "UPDATE checkpoint SET taker = 'old' WHERE taker = 'person__v1'",
        "UPDATE parked SET taker = 'old' WHERE taker = 'person__v1'",
    ):
        await shown.db.execute(statement)
    assert "can only drop" in parked(settings, "retry", "--all", code=2)
    assert "3 dropped" in parked(settings, "drop", "--stream", str(ANNA), "--reason", "gone")


async def garbage(shown: Shown, *takers: str) -> str:
    """A stranger's record that these have parked, by its name."""
    for taker in takers:
        await shown.db.execute(
            "INSERT INTO parked (taker, partition, service, generation, topic_offset, value, reason, frames)"
            " VALUES ($1, 5, 'contacts', 2, 900, $2, 'DecodeError', '')",
            taker,
            b"{]\x1b[31m\\" + 300 * b"x",
        )
        await shown.db.execute(
            "UPDATE checkpoint SET parked = parked + 1 WHERE taker = $1 AND partition = 5", taker
        )
    return f"{shown.log.settings.topics}.contacts.g2/5/900"


async def test_of_a_record_that_is_no_event_the_place_and_the_bytes_are_told(shown: Shown) -> None:
    settings, record = shown.log.settings, await garbage(shown, "identity__v1")
    (line,) = listed(settings, "--view", "identity")
    assert (line["record"], line["position"], line["offset"]) == (record, None, 900)
    assert f"  {record}  " in parked(settings, "--view", "identity", code=1)
    told = json.loads(parked(settings, "show", line["number"], "--json"))
    assert (told["record"], told["bytes"], told["event"]) == (record, 308, None)
    assert told["value"] == r"{]\x1b[31m\x5c" + 292 * "x" + "…"
    assert told["value"] in parked(settings, "show", line["number"])
    parked(settings, "drop", line["number"], "--reason", "no event of ours")
    assert f"  {record}  " in parked(settings, "dropped")
    (line,) = json.loads(parked(settings, "dropped", "--json"))["dropped"]
    assert (line["record"], line["offset"]) == (record, 900)


async def test_a_record_that_several_have_parked_is_tried_and_dropped_of_all_at_once(shown: Shown) -> None:
    settings, record = shown.log.settings, await garbage(shown, "person__v1", "identity__v1")
    both = {"person__v1", "identity__v1"}
    assert {line["taker"] for line in listed(settings, "--record", record)} == both
    done = json.loads(parked(settings, "retry", "--record", record, "--json", code=1))["takers"]
    assert {name: (one["taken"], one["left"]) for name, one in done.items()} == dict.fromkeys(both, (0, 1))
    text = parked(settings, "drop", "--record", record, "--reason", "no event of ours")
    assert {line.partition(", on record for ")[0] for line in text.splitlines()} == {
        f"{name}: 1 dropped" for name in both
    }
    assert listed(settings, "--record", record) == []
    assert "nobody has parked" in parked(settings, "drop", "--record", record, "--reason", "x", code=2)
    assert {UUID(line["stream"]) for line in listed(settings)} == {ANNA, BERT}
    parked(settings, "retry", "--all")
    await assert_all_is_right(shown)


def test_an_option_that_stands_before_what_is_to_be_done_is_refused(database: Settings) -> None:
    for option, action in (
        ("--view=person", ("retry", "--all")),
        ("--json", ("show", "17")),
        ("--limit=3", ("list",)),
    ):
        told = parked(database, option, *action, code=2)
        assert f"say {option.partition('=')[0]} behind {action[0]}" in told


def test_what_is_not_there_is_said(database: Settings) -> None:
    assert "nothing parked has the number 17" in parked(database, "retry", "17", code=2)
    assert "nothing parked has the number sales:17" in parked(database, "show", "sales:17", code=2)
    assert "no number as" in parked(database, "show", "letters:17", code=2)
    assert "customer_360" in parked(database, "--view", "nosuch", code=2)
    assert "is parked" in parked(database, "drop", "--stream", str(ANNA), "--reason", "x", code=2)
    assert "say which" in parked(database, "retry", code=2)
    assert "blank" in parked(database, "drop", "17", "--reason", " ", code=2)
    assert parked(database, "retry", "--all") == "Nothing is parked.\n"
    no_keys = {"RAPPORT_KEYS": "/nowhere"}
    assert "no wrapping key" in parked(database, "retry", "--all", code=2, **no_keys)
