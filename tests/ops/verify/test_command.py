"""`verify` on the command line: beside running commands, and with an exit code for each answer."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kernel.log.partitions import PARTITIONS
from kernel.settings import SERVICES, Settings
from ops import advance
from ops.checkout import CHECKOUT
from ops.local.home import variables
from ops.verify import oracle
from ops.verify.report import SERVICE_FIGURES
from services.projections.app import VIEWS
from tests.conftest import Processes
from tests.ops.verify.showing import Shown, life, showing
from tests.waiting import until

WRITERS = 2
SERVICE_FAULTS = {
    "lost",
    "forgotten",
    "answers_without_events",
    "gaps",
    "inversions",
    "time_inversions",
    "disorder",
    "duplicates",
    "position_conflicts",
    "missing",
    "unknown",
    "different",
    "unreadable",
}
VIEW_FAULTS = {"different", "only_in_view", "only_in_fold", "terms", "parked", "unfoldable", "ahead"}


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    async with showing(settings, postgres, tmp_path) as made:
        yield made


async def verify(settings: Settings, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ops", "verify", *arguments]
    environment = {**os.environ, **variables.of(settings)}
    return await asyncio.to_thread(
        subprocess.run, command, cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )


async def document(settings: Settings, journal: Path) -> dict[str, Any]:
    done = await verify(settings, "--json", "--acks", str(journal))
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 1)
    return found


@pytest.mark.timeout(300)
async def test_while_commands_run_nothing_differs(shown: Shown, processes: Processes):
    settings = shown.log.settings
    for service in SERVICES:
        processes.start("relay", service, settings=settings)
    processes.start("worker", settings=settings)
    writing = True

    async def write() -> None:
        while writing:
            contact = uuid4()
            for version, event in enumerate(life(7, contact)):
                await shown.record(contact, version, event)

    writers = [asyncio.create_task(write()) for _ in range(WRITERS)]
    for _ in range(2):
        assert (found := await document(settings, shown.log.journal))["ok"], found
    writing = False
    await asyncio.gather(*writers)

    async def arrived() -> bool:
        verdict = await oracle.verify(settings, SERVICES, VIEWS, [shown.log.journal])
        assert verdict.ok, verdict.document()
        waiting = sum(report.figures["waiting"] for report in verdict.services)
        return waiting + sum(report.figures["behind"] for report in verdict.views) == 0

    await until(arrived)
    found = await document(settings, shown.log.journal)
    contacts = found["services"]["contacts"]
    assert contacts["rows"] == contacts["distinct_ids"] > contacts["acknowledged"] / 2 > WRITERS
    assert found["services"].keys() == set(SERVICES)
    assert found["views"].keys() == {view.table_name for view in VIEWS}
    assert all(service.keys() >= SERVICE_FAULTS for service in found["services"].values())
    assert all(view.keys() >= VIEW_FAULTS for view in found["views"].values())


async def test_faults_are_told_in_words_and_by_the_exit_code(shown: Shown):
    await shown.log.publish()
    await shown.db.execute("DELETE FROM identity__v1")
    done = await verify(shown.log.settings, "--service", "contacts")
    assert done.returncode == 1
    assert "identity__v1: only_in_fold 20: rows that the view lacks" in done.stdout


async def test_without_a_terminal_nothing_is_cut_and_lines_tell_how_far_it_is(shown: Shown):
    done = await verify(shown.log.settings, "--service", "contacts")
    heads = [re.split("  +", line) for line in done.stdout.splitlines()]
    assert ["service", *(name.replace("_", " ") for name in SERVICE_FIGURES), "faults"] in heads
    assert done.stderr.startswith(f"verify: 0 of {2 * PARTITIONS} partitions of logs and views\n")


async def test_every_partition_of_each_log_and_of_the_views_is_progress(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(advance, "SECONDS_BETWEEN_LINES", 0.0)
    lines: list[str] = []
    await oracle.verify(shown.log.settings, SERVICES, VIEWS, (), lines.append)
    counts = [int(line.removeprefix("verify: ").split(" of ")[0]) for line in lines]
    assert counts == [*range((len(SERVICES) + 1) * PARTITIONS + 1)]
    assert f" of {counts[-1]} partitions of logs and views, " in lines[-1]


async def test_a_line_that_is_no_acknowledgement_is_refused(shown: Shown):
    with shown.log.journal.open("a") as journal:
        journal.write('{"hello": 1}\n')
    done = await verify(shown.log.settings, "--acks", str(shown.log.journal))
    assert done.returncode == 2
    assert "is no acknowledgement" in done.stderr


async def test_without_kafka_it_says_so(shown: Shown):
    done = await verify(shown.log.settings.model_copy(update={"kafka": "127.0.0.1:1"}))
    assert (done.returncode, done.stdout) == (2, "")
    begun, refusal = done.stderr.splitlines()
    assert begun.startswith("verify: 0 of ")
    assert refusal == "rapport: Kafka does not answer at 127.0.0.1:1: `./rapport status` tells more."


async def test_without_postgresql_it_says_so(shown: Shown):
    dsn = dict.fromkeys(shown.log.settings.dsn, "postgresql://nobody@127.0.0.1:1/nothing")
    done = await verify(shown.log.settings.model_copy(update={"dsn": dsn}))
    assert (done.returncode, done.stdout) == (2, "")
    assert "the database is away" in done.stderr


async def test_without_a_stack_it_says_what_to_do(tmp_path: Path):
    done = await verify(Settings(keys=tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "bring one up" in done.stderr
