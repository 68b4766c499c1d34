"""A topic made anew while everything runs: views and reactions go on, and nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from psutil import STATUS_STOPPED, Process

from kernel.log.halt import halted
from kernel.log.topics import delete_topic, existing, topic
from kernel.settings import SERVICES, Settings
from ops import patience
from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local.home import variables
from ops.republishing import command
from services.contacts.events import NameCorrected
from services.contacts.events.words import Name
from tests.conftest import Processes
from tests.ops.republishing.backups import back_up, restore
from tests.ops.verify.showing import CONTACTS, Shown, showing
from tests.ops.verify.verifying import faults
from tests.waiting import until

POINTS = (
    "republish.begun",
    "republish.published",
    "republish.leading.projections",
    "republish.leading.sales",
    "republish.switched",
)
RUNNING = (*(("relay", service) for service in SERVICES), ("react", "sales"), ("worker",))


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """A log of contacts, and views that have taken all of it."""
    async with showing(settings, postgres, tmp_path) as made:
        yield made


@pytest.fixture
async def running(shown: Shown, processes: Processes) -> dict[str, subprocess.Popen[bytes]]:
    """Relays, reactions and worker under way, with all published and taken; by command and service."""
    started = {
        " ".join(command): processes.start(*command, settings=shown.log.settings) for command in RUNNING
    }
    await corrected(shown, 3, "Lovelace")
    await until(lambda: all_taken(shown))
    return started


async def corrected(shown: Shown, version: int, name: str) -> None:
    """One more event for every contact that has come to this version."""
    for number, contact in enumerate(CONTACTS):
        personal = NameCorrected.Personal(name=Name(given="Ada", family=f"{name}{number}"))
        await shown.record(contact, version, NameCorrected(contact_id=contact, personal=personal))


async def all_taken(shown: Shown) -> bool:
    """Whether the views have come to the end of the log."""
    last = await shown.log.db.fetchval("SELECT sum(last)::bigint FROM counter")
    found = await shown.db.fetch(
        """SELECT sum((c.topics->'contacts'->>'position')::bigint)::bigint AS taken
        FROM view v JOIN checkpoint c ON c.taker = v.live
        WHERE v.name IN ('person', 'identity') GROUP BY v.name"""
    )
    return bool(found) and all(row["taken"] == last for row in found)


async def is_halted(shown: Shown) -> bool:
    return await halted(shown.log.db) is not None


def republish(shown: Shown, *arguments: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "republish", "contacts", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(shown.log.settings), "RAPPORT_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        timeout=90,
    )


def document(shown: Shown) -> dict[str, Any]:
    done = republish(shown, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def nothing_differs(shown: Shown, *journals: Path) -> None:
    await until(lambda: all_taken(shown))
    verdict = await shown.log.verdict(*journals)
    assert {
        report.name: faults(report) for report in (*verdict.services, *verdict.views) if faults(report)
    } == {}


@pytest.mark.usefixtures("running")
async def test_a_lost_topic_is_made_anew_and_views_go_on_where_they_were(shown: Shown) -> None:
    await delete_topic(shown.log.settings, shown.log.name)
    await corrected(shown, 4, "King")
    await until(lambda: is_halted(shown))
    found = document(shown)
    assert found["topic"] == topic(shown.log.settings, "contacts", 2)
    assert found["events"] == 5 * len(CONTACTS)
    assert (found["views_made_anew"], found["reactions_made_anew"]) == ([], [])
    assert not await is_halted(shown)
    await corrected(shown, 5, "Noel")
    await nothing_differs(shown, shown.log.journal)


@pytest.mark.usefixtures("running")
async def test_the_former_topic_goes_once_nothing_reads_it(shown: Shown) -> None:
    done = republish(shown, "--drop", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is the topic of now" in done.stderr
    killed = republish(shown, failpoint="republish.published")
    assert killed.returncode == 137
    done = republish(shown, "--drop", "1")
    assert done.returncode == 2
    assert f"is still read by what is in the schemas projections, {', '.join(SERVICES)}" in done.stderr
    former, now = (topic(shown.log.settings, "contacts", number) for number in (1, 2))
    assert document(shown)["former_topics"] == [former]
    done = republish(shown, "--drop", "1")
    assert done.stdout == f"{former} is gone\n"
    assert await existing(shown.log.settings, "contacts") == [now]
    assert f"there is no topic {former}" in republish(shown, "--drop", "1").stderr
    await corrected(shown, 4, "King")
    await nothing_differs(shown, shown.log.journal)


async def test_whoever_is_killed_meanwhile_nothing_is_lost_or_doubled(
    shown: Shown, processes: Processes, running: dict[str, subprocess.Popen[bytes]]
) -> None:
    made = processes.start("republish", "contacts", settings=shown.log.settings)
    for name in ("relay contacts", "worker", "react sales"):
        running[name].kill()
        running[name].wait()
        processes.start(*name.split(), settings=shown.log.settings)
    await corrected(shown, 4, "King")

    async def is_done() -> bool:
        return made.poll() is not None

    await until(is_done)
    assert made.returncode == 0
    await corrected(shown, 5, "Noel")
    await nothing_differs(shown, shown.log.journal)


@pytest.mark.usefixtures("running")
async def test_a_restored_log_stops_commands_and_then_new_facts_reach_every_view(
    shown: Shown, tmp_path: Path
) -> None:
    await lose(shown, tmp_path)
    await corrected(shown, 4, "Gordon")  # as many events again at the same positions, and others
    await corrected(shown, 5, "Gordon")
    found = document(shown)
    assert {"person__v1_2", "identity__v1_2"} < set(found["views_made_anew"])
    assert found["reactions_made_anew"] == ["attribute_purchase"]
    await corrected(shown, 6, "Noel")
    await nothing_differs(shown, shown.log.journal)
    rows = await shown.db.fetch("SELECT family FROM person__v1_2")
    assert {row["family"] for row in rows} == {f"Noel{number}" for number in range(len(CONTACTS))}


@pytest.mark.usefixtures("running")
async def test_a_run_killed_at_any_point_goes_on_when_it_is_given_again(shown: Shown, tmp_path: Path) -> None:
    await lose(shown, tmp_path)
    for point in POINTS:
        assert republish(shown, failpoint=point).returncode == 137, point
    assert document(shown)["generation"] == 2
    await corrected(shown, 4, "Noel")
    await nothing_differs(shown, shown.log.journal)


async def lose(shown: Shown, tmp_path: Path) -> None:
    """Two events of every contact are published, taken, and then not in the log any more."""
    await back_up(shown.log.db)
    journal, shown.log.journal = shown.log.journal, tmp_path / "lost.ndjson"
    await corrected(shown, 4, "King")
    await corrected(shown, 5, "Byron")
    await until(lambda: all_taken(shown))
    shown.log.journal = journal
    await restore(shown.log.db)
    await until(lambda: is_halted(shown))


async def test_one_process_at_a_time_makes_a_topic_anew(
    shown: Shown, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_FAILPOINT", "republish.begun:stop")
    first = processes.start("republish", "contacts", settings=shown.log.settings)

    async def is_stopped() -> bool:
        return Process(first.pid).status() == STATUS_STOPPED

    await until(is_stopped)
    for arguments in ((), ("--drop", "1")):
        done = republish(shown, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"the topic of contacts is being made anew: process {first.pid} on" in done.stderr


async def test_without_a_relay_it_says_so_and_goes_on_later(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_WITHOUT_PROGRESS", 3.0)
    lines: list[str] = []
    with pytest.raises(CannotRun, match=r"is `\./rapport relay contacts` running"):
        await command._republish(shown.log.settings, "contacts", lines.append)
    assert lines[1].endswith(" events, waits for the relay of contacts")
