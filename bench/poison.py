"""`bench poison`: how long other streams wait for their view while one stream in twenty is parked in it.

Commands leave at their time. In turns the worker folds soundly, and fails in customer_360 on every event of
one contact in twenty; only the other contacts' commands are counted. Afterwards what was parked is taken by
the sound fold.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack

from bench.calling.interactions import register
from bench.harness import Figures, Goal, Report, Tell, medians
from bench.latency import observed, shown
from bench.stack import Processes, durable_postgres, kafka_beside, running_processes
from bench.workers import Workers
from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.taking.parking.retrying import retry
from kernel.view.batch.locked import folding
from ops.demo.arrival import until_shown
from ops.errors import CannotRun
from ops.local.postgres import roles
from ops.local.postgres.dsn import with_database
from services.projections.customers.customer_360 import CUSTOMER_360

RATE = 200
"""Commands a second."""
SECONDS = 8.0
MOST = 2.0

WORKERS = {"sound": "bench.folding.worker", "poison": "bench.folding.poisoned"}

PARKED = "SELECT partition, position FROM parked WHERE taker = $1"


def measure(rounds: int, tell: Tell) -> Report:
    found: list[Figures] = []
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        clients = stack.enter_context(Workers(1))
        processes.start_ours(settings, "contacts", "contacts_relay", "worker")
        register(settings)
        asyncio.run(until_shown(settings, lambda _: None))
        processes.stop("worker")
        database = with_database(administrator, roles.DATABASE)
        for number in range(rounds):
            figures: Figures = {}
            for name in WORKERS if number % 2 else reversed(WORKERS):
                tell(f"round {number + 1} of {rounds}: {name}")
                figures[name] = _with(name, database, settings, processes, clients)
            found.append({name: figures[name] for name in WORKERS})
        processes.stop()
    middle = medians(found)
    ratio = middle["poison"]["visible_p99_ms"] / middle["sound"]["visible_p99_ms"]
    goals = [Goal.at_most("other streams' p99, poison beside sound", MOST, ratio)]
    return Report("poison", rounds, middle, {}, {"poison beside sound, p99": round(ratio, 2)}, goals)


def _with(
    name: str, administrator: str, settings: Settings, processes: Processes, clients: Workers
) -> dict[str, float]:
    processes.start("worker", [sys.executable, "-P", "-m", WORKERS[name]], settings)
    processes.until_ready({"worker": settings.port["worker"]})
    asyncio.run(until_shown(settings, lambda _: None))
    seen, sightings = asyncio.run(observed(administrator, settings, clients, RATE, SECONDS, pages=0))
    processes.stop("worker")
    parked = asyncio.run(_taken_after_all(settings))
    if bool(parked) != (name == "poison"):
        raise CannotRun(f"with the {name} worker {len(parked):,} events were parked.")
    others = [one for one in seen.commands if (one.partition, one.position) not in parked]
    return {"others": float(len(others)), **shown(others, sightings), "parked": float(len(parked))}


async def _taken_after_all(settings: Settings) -> set[tuple[int, int]]:
    """Where the parked events stood, that the sound fold has taken now."""
    pool = await connect_pool(settings, "projections_log", max_size=1)
    try:
        parked = {(row["partition"], row["position"]) for row in await pool.fetch(PARKED, CUSTOMER_360.taker)}
        if left := (await retry(pool, CUSTOMER_360, folding(CUSTOMER_360))).left:
            raise CannotRun(f"{left:,} parked events are not taken by the sound fold.")
        return parked
    finally:
        await pool.close()
