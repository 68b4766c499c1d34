"""`bench growth`: a log of 10,000, 100,000, a million and three million events, and what each of them costs.

The log grows by appends; at each size the views of a customer's page are rebuilt from its topic and switched
to, and pages are asked for. Ten times the events may cost 10.5 times the time.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from itertools import pairwise

from bench.growing.appending import EVENTS_EACH, contact_id, grow
from bench.growing.looking import pages, until_published
from bench.harness import Figures, Goal, Report, Tell
from bench.rebuilding.running import ran
from bench.stack import durable_postgres, kafka_beside, running_processes
from bench.workers import Workers
from kernel.database import connect_pool
from kernel.settings import Settings

SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
VIEWS = ("identity", "person", "customer_360")
"""Of which a page is made; the last one's rebuild is what is measured."""
MOST_TIMES = 1.05
"""The time of an event, beside that of an event of the next smaller log."""
SECONDS_TO_GROW = 3_600.0


def measure(tell: Tell, most: int = SIZES[-1]) -> Report:
    figures: Figures = {}
    with ExitStack() as stack:
        _, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        one = stack.enter_context(Workers(1, SECONDS_TO_GROW))
        processes.start_ours(settings, "contacts_relay", "sales_relay", "views")
        before = 0
        for size in [size for size in SIZES if size <= most]:
            tell(f"{size:,} events are appended")
            (grown,) = one.run(partial(grow, settings, before // EVENTS_EACH, size // EVENTS_EACH))
            asyncio.run(until_published(settings, size))
            tell(f"{size:,} events are folded anew")
            figures[f"{size:,} events"] = {
                "append_per_second": (size - before) / grown.seconds,
                "append_memory_mb": grown.memory_mb,
                **_rebuilt(settings, size),
                **pages(settings, [contact_id(number) for number in range(size // EVENTS_EACH)]),
            }
            before = size
        processes.stop()
    return _report(figures)


def _rebuilt(settings: Settings, events: int) -> dict[str, float]:
    for view in VIEWS:
        former = asyncio.run(_live(settings, view))
        document, usage = ran(settings, "rebuild", view, "--workers", "1", "--switch")
        ran(settings, "rebuild", view, "--drop", former)
    return {
        "rebuild_per_second": events / document["seconds"],
        "rebuild_cpu_us": (usage.ru_utime + usage.ru_stime) / events * 1e6,
        "rebuild_memory_mb": usage.ru_maxrss / 1024,
    }


async def _live(settings: Settings, view: str) -> str:
    pool = await connect_pool(settings, "projections_app", max_size=1)
    name: str = await pool.fetchval("SELECT live FROM view WHERE name = $1", view)
    await pool.close()
    return name


def _report(figures: Figures) -> Report:
    goals = []
    for smaller, larger in pairwise(figures):
        for name in ("append_per_second", "rebuild_per_second"):
            times = figures[smaller][name] / figures[larger][name]
            what = f"{name.removesuffix('_per_second')} of {larger}: times the time each, beside {smaller}"
            goals.append(Goal.at_most(what, MOST_TIMES, times))
    rounded = {
        name: {unit: round(value, 2) for unit, value in each.items()} for name, each in figures.items()
    }
    return Report("growth", 1, rounded, {}, {}, goals)
