"""`bench latency`: from a command over HTTP to its effect in a view, at 200 and 1,000 commands a second.

Commands leave at their time, however slow the answers are, and everything counts from that time: until the
answer, until customer_360's checkpoint shows the event, and, for 20 commands a second, until the customer's
page has come that was asked for with the position of the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from bench.calling.interactions import register, token_of
from bench.calling.open import OpenLoop, Sample, Seen
from bench.harness import MOST_SERVICE_MB, MOST_WORKER_MB, Figures, Goal, Report, Tell, in_rounds, latencies
from bench.stack import Processes, durable_postgres, kafka_beside, running_processes
from bench.watching import Sightings, watch
from bench.workers import Workers
from kernel.settings import Settings
from kernel.vault.keys import token_key
from ops.demo.arrival import until_shown
from ops.local.postgres import roles
from ops.local.postgres.dsn import with_database
from services.projections.customers.customer_360 import CUSTOMER_360

RATES = (200, 1_000)
"""Commands a second."""
PAGES = 20
"""A second."""
NEVER = 10**9
SECONDS = 8.0
"""Of each rate in each round."""
MORE = 4.0
"""Seconds that are watched beyond: the warm-up, and what comes late."""

MOST_P50_MS, MOST_P99_MS = 7, 15

PROCESSES = ("contacts", "contacts_relay", "views", "worker")


def measure(rounds: int, tell: Tell) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        clients = stack.enter_context(Workers(1))
        processes.start_ours(settings, *PROCESSES)
        register(settings)
        asyncio.run(until_shown(settings, lambda _: None))
        figures, _ = in_rounds(
            rounds,
            partial(_round, with_database(administrator, roles.DATABASE), settings, processes, clients),
            tell,
        )
        for name in PROCESSES:
            figures[name] = {"memory_mb": round(processes.memory_mb(name), 1)}
        processes.stop()
    return Report("latency", rounds, figures, {}, {}, _goals(figures))


def _round(
    administrator: str, settings: Settings, processes: Processes, clients: Workers, tell: Tell
) -> tuple[Figures, Figures]:
    figures: Figures = {}
    for rate in RATES:
        tell(f"{rate} commands a second")
        before = processes.cpu_seconds()
        seen = asyncio.run(measured(administrator, settings, clients, rate))
        spent = processes.spent(before, int(SECONDS * rate), *PROCESSES, "postgres", "kafka")
        figures[f"{rate:,} a second"] = {**seen, **spent}
    return figures, {}


async def measured(administrator: str, settings: Settings, clients: Workers, rate: int) -> dict[str, float]:
    """How long commands took to be answered and shown, and pages to come, at so many commands a second."""
    seen, sightings = await observed(administrator, settings, clients, rate, SECONDS)
    return {**shown(seen.commands, sightings), **latencies(seen.pages, "page_")}


async def observed(
    administrator: str, settings: Settings, clients: Workers, rate: int, seconds: float, pages: int = PAGES
) -> tuple[Seen, Sightings]:
    """What came of so many commands a second, and when customer_360 showed which."""
    loop = OpenLoop(
        contacts_port=settings.port["contacts"],
        views_port=settings.port["views"],
        token=token_of(settings),
        token_key=token_key(settings.keys),
        acks=settings.keys.parent / "bench.acks",
        per_second=rate,
        seconds=seconds,
        page_after=rate // pages if pages else NEVER,
    )
    watching = asyncio.create_task(watch(administrator, CUSTOMER_360, "contacts", seconds + MORE))
    (seen,) = await asyncio.to_thread(clients.run, loop)
    return seen, await watching


def shown(commands: Sequence[Sample], sightings: Sightings) -> dict[str, float]:
    """How long they took to be answered and to be seen. What was not seen in time counts as an hour."""
    seen = [sightings.at(one.partition, one.position) or one.due + 3_600 for one in commands]
    return {
        **latencies([one.answered - one.due for one in commands], "answered_"),
        **latencies([at - one.due for at, one in zip(seen, commands, strict=True)], "visible_"),
    }


def _goals(figures: Figures) -> list[Goal]:
    busy = figures[f"{RATES[-1]:,} a second"]
    services = max(figures[name]["memory_mb"] for name in ("contacts", "views"))
    return [
        Goal.at_most("1,000 a second, visible, p50 in ms", MOST_P50_MS, busy["visible_p50_ms"]),
        Goal.at_most("1,000 a second, visible, p99 in ms", MOST_P99_MS, busy["visible_p99_ms"]),
        Goal.at_most("memory of a service, MB", MOST_SERVICE_MB, services),
        Goal.at_most("memory of the worker, MB", MOST_WORKER_MB, figures["worker"]["memory_mb"]),
    ]
