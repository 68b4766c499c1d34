"""`bench projection`: events a second from a backlog into views, beside a FastStream handler.

The workers wait on empty topics; then the whole backlog is put there, and what is counted begins when the
broker has all of it. One worker folds customer_360 alone, then two do, then one folds every view there is,
the journal too. The peer upserts one row for each event.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import Any

from bench.folding.backlog import WITH_NAMES, Backlog, make
from bench.folding.running import Running
from bench.harness import MOST_WORKER_MB, Figures, Goal, Report, Tell, in_rounds
from bench.stack import durable_postgres, kafka_beside, running_processes
from kernel.settings import Settings
from kernel.view.view import View
from services.projections.app import VIEWS
from services.projections.customers.customer_360 import CUSTOMER_360

LEAST_PER_SECOND, LEAST_RATIO, LEAST_GROWTH = 30_000, 25, 1.6

ONE, TWO = "customer_360, one worker", "customer_360, two workers"
LONG = "customer_360, one worker, nine lines"
EVERY = "all views, one worker"
PEER = "FastStream, an upsert for each event"

SIZES = {ONE: 200_000, TWO: 200_000, LONG: 80_000, EVERY: 40_000, PEER: 5_000}
"""Events of each run: some seconds of work."""


def measure(rounds: int, tell: Tell) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        tell("making the backlogs")
        backlogs = asyncio.run(_backlogs(settings))
        running = Running(settings, administrator, processes)
        ours, peers = in_rounds(rounds, partial(_round, running, backlogs), tell)
        processes.stop()
    return _report(rounds, ours, peers)


async def _backlogs(settings: Settings) -> dict[str, Backlog]:
    five = await make(settings, SIZES[ONE], lines=5)
    return {
        ONE: five,
        TWO: five,
        LONG: await make(settings, SIZES[LONG], lines=9),
        EVERY: await make(settings, SIZES[EVERY], lines=5, facts=WITH_NAMES),
        PEER: await make(settings, SIZES[PEER], lines=5),
    }


def _round(running: Running, backlogs: dict[str, Backlog], tell: Tell) -> tuple[Figures, Figures]:
    alone: tuple[View[Any], ...] = (CUSTOMER_360,)
    ours: Figures = {}
    for name, views, workers in ((ONE, alone, 1), (TWO, alone, 2), (LONG, alone, 1), (EVERY, VIEWS, 1)):
        tell(name)
        ours[name] = asyncio.run(running.fold(views, workers, backlogs[name]))
    tell(PEER)
    return ours, {PEER: asyncio.run(running.upsert(backlogs[PEER]))}


def _report(rounds: int, ours: Figures, peers: Figures) -> Report:
    one = ours[ONE]["per_second"]
    ratio, growth = one / peers[PEER]["per_second"], ours[TWO]["per_second"] / one
    memory = max(figures["memory_mb"] for figures in ours.values())
    return Report(
        "projection",
        rounds,
        ours,
        peers,
        {f"{ONE}, beside {PEER}": round(ratio, 1), "two workers, beside one": round(growth, 2)},
        [
            Goal.at_least(f"{ONE}, events a second", LEAST_PER_SECOND, one),
            Goal.at_least(f"{ONE}, beside {PEER}", LEAST_RATIO, ratio),
            Goal.at_least("two workers, beside one", LEAST_GROWTH, growth),
            Goal.at_most("memory of the worker, MB", MOST_WORKER_MB, memory),
        ],
    )
