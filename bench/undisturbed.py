"""`bench undisturbed`: how fast commands show while a view is rebuilt, beside the same without the rebuild.

A log of interactions is there; commands leave at their time, 200 a second for a minute, and count until
customer_360's checkpoint shows them. Some seconds on, `./rapport rebuild customer_360` builds another one:
those that leave from the command's start until it is up to date are compared with those before and after it,
and so are, once more, those around the moment at which the workers begin to follow the new version.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import asyncpg

from bench.calling.interactions import record, register
from bench.calling.open import WARM_UP
from bench.harness import Figures, Goal, Report, Tell, in_rounds
from bench.latency import observed, shown
from bench.stack import durable_postgres, kafka_beside, running_processes
from bench.workers import Workers
from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.demo.arrival import until_shown
from ops.errors import CannotRun
from ops.local.home import variables
from ops.local.postgres import roles
from ops.local.postgres.dsn import with_database
from services.projections.customers.customer_360 import CUSTOMER_360

RATE = 200
"""Commands a second."""
EVENTS = 100_000
"""That are there to be rebuilt from."""
SECONDS = 60.0
"""In which the rebuild has to end; services keep connections that idle for little longer."""
ALONE_AT_FIRST = 8.0
"""Seconds before the rebuild, and at least so many after it."""
AROUND = 1.5
"""Seconds before and after the handover."""
SECONDS_BETWEEN_LOOKS = 0.02

MOST_TIMES = 2.0
MOST_ALONE_MS = 1_000
"""With more, commands queue up by themselves, and how much longer they do beside a rebuild tells nothing."""

PROCESSES = ("contacts", "contacts_relay", "sales_relay", "views", "worker")
ALONE, BESIDE, HANDED_OVER = "without a rebuild", "while it is rebuilt", "of these, around the handover"

STATE = """
SELECT r.state, coalesce(sum((c.topics -> 'contacts' ->> 'position')::bigint), 0)::bigint AS taken
FROM projections.view_version r JOIN projections.checkpoint c ON c.taker = r.name
WHERE r.name = $1 GROUP BY 1"""

SECOND = f"{CUSTOMER_360.table_name}_2"


def measure(rounds: int, tell: Tell, events: int = EVENTS) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        clients = stack.enter_context(Workers(1))
        processes.start_ours(settings, *PROCESSES)
        tell(f"{events:,} events")
        register(settings)
        record(settings, events)
        asyncio.run(until_shown(settings, lambda _: None))
        address = with_database(administrator, roles.DATABASE)
        figures, _ = in_rounds(rounds, partial(_round, address, settings, clients), tell)
        processes.stop()
    ratios = {
        f"{name}: {kind}, {part}": figures[name][f"{kind}_{part}_ms"] / figures[ALONE][f"{kind}_{part}_ms"]
        for name in (BESIDE, HANDED_OVER)
        for kind in ("answered", "visible")
        for part in ("p50", "p99")
    }
    goals = [
        Goal.at_most(f"{name}: visible, p99, times as long", MOST_TIMES, ratios[f"{name}: visible, p99"])
        for name in (BESIDE, HANDED_OVER)
    ]
    return Report("undisturbed", rounds, figures, {}, ratios, goals)


def _round(administrator: str, settings: Settings, clients: Workers, tell: Tell) -> tuple[Figures, Figures]:
    return asyncio.run(_beside(administrator, settings, clients, tell)), {}


async def _beside(administrator: str, settings: Settings, clients: Workers, tell: Tell) -> Figures:
    tell(ALONE)
    observing = asyncio.create_task(observed(administrator, settings, clients, RATE, SECONDS, pages=0))
    await asyncio.sleep(WARM_UP + ALONE_AT_FIRST)
    tell(BESIDE)
    try:
        built = await _rebuilt(administrator, settings)
    finally:
        tell(ALONE)
        seen, sightings = await observing
        _rapport(settings, "rebuild", CUSTOMER_360.name, "--drop", SECOND).wait()
    if built.ended > seen.commands[-1].due - ALONE_AT_FIRST:
        raise CannotRun(f"the rebuild took nearly the whole {SECONDS:.0f} s: give it fewer --events.")
    beside = [one for one in seen.commands if built.covers(one.due)]
    around = [one for one in beside if abs(one.due - built.followed) <= AROUND]
    alone = shown([one for one in seen.commands if not built.covers(one.due)], sightings)
    if alone["visible_p99_ms"] > MOST_ALONE_MS:
        raise CannotRun("the machine is too busy to measure: commands are late even without a rebuild.")
    speed = {"built_per_second": built.events / (built.followed - built.began)}
    return {
        ALONE: alone,
        BESIDE: {**shown(beside, sightings), **speed},
        HANDED_OVER: shown(around, sightings),
    }


@dataclass(frozen=True)
class Built:
    """When a rebuild was started, was followed and was up to date, and how many events it took."""

    began: float
    followed: float
    ended: float
    events: int

    def covers(self, due: float) -> bool:
        """Whether it may have disturbed a command that was due then."""
        return self.began <= due <= self.ended + AROUND


async def _rebuilt(administrator: str, settings: Settings) -> Built:
    building, began = _rapport(settings, "rebuild", CUSTOMER_360.name), time.time()
    followed = None
    events = 0
    db = await asyncpg.connect(administrator)
    try:
        while building.poll() is None:
            row = await db.fetchrow(STATE, SECOND)
            if row and row["state"] == "followed" and followed is None:
                followed, events = time.time(), row["taken"]
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        ended = time.time()
    finally:
        await db.close()
        building.kill()
    if followed is None or building.returncode:
        raise CannotRun(f"the rebuild did not come to its end: {building.communicate()[1]}")
    return Built(began, followed, ended, events)


def _rapport(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
