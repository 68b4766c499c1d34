"""`rebuild` on a real log: made anew, compared, switched to, broken off and resumed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view import versions
from kernel.view.building import beside
from ops.alone import alone
from ops.checkout import CHECKOUT
from ops.local.home import variables
from ops.rebuilding.command import command
from services.projections.app import VIEWS
from services.projections.customers.person import PERSON
from services.projections.shared.identity import IDENTITY
from tests.conftest import Processes
from tests.ops.verify.showing import CONTACTS, Shown, showing
from tests.waiting import until

SECOND = replace(PERSON, build=2)
EVENTS = 3 * len(CONTACTS)


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """A log that is on its topic, and views of all of it."""
    async with showing(settings, postgres, tmp_path) as made:
        await made.log.publish()
        yield made


def rebuild(shown: Shown, *arguments: str, **variable: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "rebuild", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(shown.log.settings), **variable},
        capture_output=True,
        text=True,
        timeout=60,
    )


def document(shown: Shown, *arguments: str) -> dict[str, Any]:
    done = rebuild(shown, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def live(shown: Shown) -> str:
    found = await versions.live(shown.worker, PERSON)
    assert found is not None
    return found.table_name


async def taken(shown: Shown) -> int:
    """Events, by the second build."""
    heads = (await checkpoints.every(shown.worker, [SECOND]))[SECOND.table_name]
    return sum(head.head("contacts").position for head in heads.values())


async def some(shown: Shown) -> bool:
    return await taken(shown) > 0


async def test_a_view_is_rebuilt_compared_switched_to_and_back(shown: Shown) -> None:
    found = document(shown, "person", "--compare", "--switch")
    assert (found["version"], found["events"], found["live"]) == ("person__v1_2", EVENTS, "person__v1_2")
    assert (found["same"], found["alike"], found["compared_with"]) == (True, len(CONTACTS), "person__v1")
    assert await live(shown) == "person__v1_2"
    assert document(shown, "person", "--back") == {"live": "person__v1"}
    assert await live(shown) == "person__v1"
    assert document(shown, "person", "--drop", "person__v1_2") == {"dropped": "person__v1_2"}
    assert await versions.followed(shown.worker, [PERSON]) == (PERSON,)


async def test_what_was_built_and_never_read_is_compared_and_switched_to_without_being_built_again(
    shown: Shown,
) -> None:
    assert document(shown, "person")["version"] == "person__v1_2"
    assert document(shown, "person") == {"version": "person__v1_2", "parked": 0}
    found = document(shown, "person", "--compare", "--switch")
    assert (found["version"], found["same"], found["live"]) == ("person__v1_2", True, "person__v1_2")
    assert "events" not in found
    assert document(shown, "person", "--back") == {"live": "person__v1"}
    assert document(shown, "person", "--compare")["version"] == "person__v1_3"
    assert document(shown, "person", "--compare", "--workers", "1")["version"] == "person__v1_4"


async def test_a_command_that_was_killed_once_its_version_was_filled_goes_on_with_that_one(
    shown: Shown,
) -> None:
    killed = rebuild(shown, "person", "--workers", "2", RAPPORT_FAILPOINT="rebuild.followed")
    assert killed.returncode == 137
    assert document(shown, "person", "--workers", "2") == {"version": "person__v1_2", "parked": 0}
    assert document(shown, "person", "--workers", "2")["version"] == "person__v1_3"


async def test_a_topic_that_is_missing_is_named_and_leaves_no_version_behind(shown: Shown) -> None:
    done = rebuild(shown, "person", RAPPORT_TOPICS="crm.nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no topic crm.nowhere.contacts.g1: " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [one.name for one in await versions.every(shown.worker, []) if one.view == "person"] == [
        "person__v1"
    ]


async def test_a_version_that_has_parked_more_than_the_one_that_is_read_is_not_switched_to(
    shown: Shown,
) -> None:
    assert document(shown, "person")["parked"] == 0
    parked = "UPDATE checkpoint SET parked = $1 WHERE taker = $2 AND partition = 3"
    await shown.db.execute(parked, 2, "person__v1_2")
    done = rebuild(shown, "person", "--switch")
    assert done.returncode == 1, done.stderr
    assert "person__v1_2 has parked 2 events: `./rapport parked --view person__v1_2`" in done.stdout
    assert (
        "not switched to: person__v1_2 has parked more events than person__v1, which is read" in done.stdout
    )
    assert "or build another one with --workers." in done.stdout
    assert await live(shown) == "person__v1"
    await shown.db.execute(parked, 2, "person__v1")
    assert document(shown, "person", "--switch") == {
        "version": "person__v1_2",
        "parked": 2,
        "live": "person__v1_2",
    }
    await shown.db.execute(parked, 3, "person__v1")
    assert document(shown, "person", "--back") == {"live": "person__v1"}


async def test_a_view_that_cannot_be_built_keeps_no_other_from_being_built_or_told(shown: Shown) -> None:
    first, second = [view.name for view in VIEWS if view in (IDENTITY, PERSON)]
    await beside.lose(shown.db, ["identity__v1", "person__v1"])
    await alone(shown.db, "rebuild", first, f"{first} is being rebuilt")
    done = rebuild(shown, "--all-stale", "--json")
    assert done.returncode == 2
    found = json.loads(done.stdout)["views"]
    assert found[first].keys() == {"cannot_run"}
    assert found[first]["cannot_run"].startswith(f"{first} is being rebuilt: process {os.getpid()} on ")
    assert (found[second]["version"], found[second]["parked"]) == (f"{second}__v1_2", 0)
    told = rebuild(shown, "--all-stale").stdout.splitlines()
    assert told[0].startswith(f"{first}: {first} is being rebuilt: process ")
    assert told[1].startswith(f"{second}__v1_2 was built already")


async def test_a_lost_version_is_built_as_it_is_wished_for_and_nothing_is_compared_with_it(
    shown: Shown,
) -> None:
    await beside.lose(shown.db, ["person__v1"])
    done = rebuild(shown, "person", "--compare", "--switch")
    assert done.returncode == 2
    assert "person__v1 shows what a restored log lost and takes nothing more" in done.stderr
    assert document(shown, "person")["version"] == "person__v1_2"
    assert "events" in document(shown, "person", "--workers", "1")
    assert document(shown, "--all-stale", "--switch")["views"]["person"]["live"] == "person__v1_3"
    assert await live(shown) == "person__v1_3"


def test_the_help_names_every_view_once_and_the_usage_none() -> None:
    told = CliRunner().invoke(command, ["--help"], prog_name="rebuild").output
    usage, _, text = told.partition("\n\n")
    assert usage.split() == ["Usage:", "rebuild", "[OPTIONS]", "[VIEW]"]
    assert [len(re.findall(rf"\b{view.name}\b", text)) for view in VIEWS] == [1] * len(VIEWS)


async def test_what_is_found_different_is_told_and_not_switched_to(shown: Shown) -> None:
    await shown.db.execute("UPDATE person__v1 SET family = 'Babbage' WHERE contact_id = $1", CONTACTS[5])
    done = rebuild(shown, "person", "--compare", "--switch")
    assert done.returncode == 1
    assert "19 rows alike, 1 different, 0 only in person__v1, 0 only in person__v1_2" in done.stdout
    assert re.search(r"different: org \S+ contact_id \S+, partition \d+\n +family: digest:", done.stdout)
    assert await live(shown) == "person__v1"


async def test_the_events_that_made_the_first_differences_are_named(shown: Shown) -> None:
    await shown.db.execute("DELETE FROM person__v1 WHERE contact_id = $1", CONTACTS[3])
    await shown.db.execute("UPDATE person__v1 SET family = 'Babbage' WHERE contact_id = $1", CONTACTS[5])
    done = rebuild(shown, "person", "--compare", "--json")
    assert done.returncode == 1
    first = {one["row"]["contact_id"]: one for one in json.loads(done.stdout)["first"]}
    recorded = {
        str(fact.event_id): (str(fact.stream_id), fact.type, int(fact.position_text))
        for _, fact in await shown.log.stored()
    }
    for contact, fault in ((CONTACTS[3], "only_there"), (CONTACTS[5], "different")):
        told = first[str(contact)]
        assert (told["fault"], told["events"]) == (fault, 3)
        types = ["ContactRegistered", "NameCorrected", "IdentifierAdded"]
        assert [one["type"] for one in told["newest"]] == [f"crm.contacts.{name}" for name in types]
        for one in told["newest"]:
            assert recorded[one["event"]] == (str(contact), one["type"], one["position"])


async def test_a_person_is_told_what_was_done_in_few_lines(shown: Shown) -> None:
    done = rebuild(shown, "person", "--compare", "--switch")
    assert [line.split(":")[0].split(" ")[0] for line in done.stdout.splitlines()] == [
        "person__v1_2",
        "compared",
        "person__v1_2",
    ]
    # of what takes longer than two seconds, a line comes again
    lines = [re.sub(r": \d+ of", ": some of", line.partition(",")[0]) for line in done.stderr.splitlines()]
    assert list(dict.fromkeys(lines)) == [
        f"person__v1_2: some of {EVENTS} events",
        "person__v1_2: built",
        "person__v1_2 compared with person__v1: some of 12 partitions",
    ]


async def test_one_process_at_a_time_rebuilds_a_view_and_the_next_goes_on_where_it_was_killed(
    shown: Shown, processes: Processes
) -> None:
    first = processes.start("rebuild", "person", "--throttle", "3", settings=shown.log.settings)
    await until(partial(some, shown))
    second = rebuild(shown, "person")
    assert (second.returncode, second.stdout) == (2, "")
    assert f"person is being rebuilt: process {first.pid} on" in second.stderr
    assert rebuild(shown, "person", "--drop", "person__v1_2").returncode == 2
    first.kill()
    first.wait()
    before = await taken(shown)
    assert 0 < before < EVENTS

    async def let_go() -> bool:
        return "being rebuilt" not in rebuild(shown, "person", "--back").stderr

    await until(let_go)
    found = document(shown, "person", "--compare")
    assert (found["version"], found["events"], found["same"]) == ("person__v1_2", EVENTS - before, True)


async def test_a_build_that_is_broken_off_by_hand_ends_in_one_sentence(shown: Shown) -> None:
    building = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", "rebuild", "person", "--throttle", "3", "--workers", "2"),
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(shown.log.settings)},
        stderr=subprocess.PIPE,
        start_new_session=True,  # as a terminal does: Ctrl-C goes to all that it has started
    )
    try:
        await until(partial(some, shown))
    finally:
        os.killpg(building.pid, signal.SIGINT)
        _, told = await building.communicate()
    assert building.returncode == 130
    said = [line for line in told.decode().splitlines() if " events" not in line]
    assert said == ["rapport: broken off; what is done stays, and the same command goes on there."]


def test_without_a_database_it_is_said_what_to_do(settings: Settings) -> None:
    nowhere = dict.fromkeys(settings.dsn, "postgresql://rapport@127.0.0.1:1/rapport")
    for arguments in (("person",), ("--all-stale",)):
        done = subprocess.run(
            [sys.executable, "-m", "ops", "rebuild", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **variables.of(settings.model_copy(update={"dsn": nowhere}))},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "./rapport " in done.stderr
        assert len(done.stderr.splitlines()) == 1


async def test_a_rebuild_is_held_to_so_many_events_a_second(shown: Shown) -> None:
    assert document(shown, "person", "--throttle", "40")["per_second"] <= 40


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--back",), "person has no former version to go back to"),
        (("--drop", "person__v1"), "person__v1 is the version that is read"),
        (("--drop", "identity__v1"), "person has no version identity__v1"),
        (("--drop", "person__v1", "--switch"), "--back and --drop go with no other option"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_one_sentence(
    shown: Shown, arguments: tuple[str, ...], sentence: str
) -> None:
    done = rebuild(shown, "person", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
