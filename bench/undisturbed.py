"""`bench undisturbed`: how fast commands show while a view is rebuilt, beside the same without the rebuild.

A log of interactions is there; commands leave at their time, 200 a second, and count until customer_360's
checkpoint shows them. Then the same while `rapport rebuild customer_360` builds another version of it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import asyncpg

from bench.calling.interactions import record, register
from bench.harness import Figures, Goal, Report, Tell, in_rounds
from bench.latency import measured
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
EVENTS = 250_000
"""That are there to be rebuilt from: the build has to outlast the measurement."""
SECONDS_TO_BEGIN = 60.0

MOST_TIMES = 2.0
MOST_ALONE_MS = 1_000
"""With more, commands queue up by themselves, and how much longer they do beside a rebuild tells nothing."""

PROCESSES = ("contacts", "contacts_relay", "sales_relay", "views", "worker")
ALONE, BESIDE = "without a rebuild", "while it is rebuilt"

BUILT = """
SELECT coalesce(sum((c.topics -> 'contacts' ->> 'position')::bigint), 0)
FROM projections.view_version r JOIN projections.checkpoint c ON c.taker = r.name
WHERE r.view = 'customer_360' AND r.state = 'building'"""


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
        f"{kind}, {part}": figures[BESIDE][f"{kind}_{part}_ms"] / figures[ALONE][f"{kind}_{part}_ms"]
        for kind in ("answered", "visible")
        for part in ("p50", "p99")
    }
    goal = Goal.at_most("visible, p99, times as long", MOST_TIMES, ratios["visible, p99"])
    return Report("undisturbed", rounds, figures, {}, ratios, [goal])


def _round(administrator: str, settings: Settings, clients: Workers, tell: Tell) -> tuple[Figures, Figures]:
    tell(ALONE)
    alone = asyncio.run(measured(administrator, settings, clients, RATE))
    if alone["visible_p99_ms"] > MOST_ALONE_MS:
        raise CannotRun("the machine is too busy to measure: commands are late even without a rebuild.")
    with rebuilding(administrator, settings) as building:
        tell(BESIDE)
        began, before = time.monotonic(), asyncio.run(_built(administrator))
        beside = asyncio.run(measured(administrator, settings, clients, RATE))
        if building.poll() is not None:
            raise CannotRun("the rebuild ended before the measurement: give it more --events.")
        built = asyncio.run(_built(administrator)) - before
    return {ALONE: alone, BESIDE: {**beside, "built_per_second": built / (time.monotonic() - began)}}, {}


@contextmanager
def rebuilding(administrator: str, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A rebuild that has begun to write; broken off and dropped at the end."""
    building = _rapport(settings, "rebuild", "customer_360")
    limit = time.monotonic() + SECONDS_TO_BEGIN
    try:
        while not asyncio.run(_built(administrator)):
            if time.monotonic() > limit or building.poll() is not None:
                raise CannotRun(f"the rebuild did not begin: {building.communicate()[1]}")
            time.sleep(0.05)
        yield building
    finally:
        building.kill()
        building.wait()
        dropping = _rapport(settings, "rebuild", "customer_360", "--drop", f"{CUSTOMER_360.table_name}_2")
        dropping.wait()


def _rapport(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


async def _built(administrator: str) -> int:
    db = await asyncpg.connect(administrator)
    try:
        return int(await db.fetchval(BUILT))
    finally:
        await db.close()
