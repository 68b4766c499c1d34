"""`bench fanout`: one view's group of 1, 2, 4 and 5 workers; rows of two workers never meet.

The workers wait on empty topics; then the whole backlog is put there, and counting begins when the broker
has all of it. For every statement the database notes which worker wrote rows of which partition.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from bench.folding.backlog import Backlog, make
from bench.folding.meeting import watching, writers
from bench.folding.running import Running
from bench.harness import Figures, Goal, Report, Tell, in_rounds
from bench.rebuilding.loading import LINES
from bench.stack import durable_postgres, kafka_beside, running_processes
from kernel.database import connect_pool
from services.projections.customers.customer_360 import CUSTOMER_360

EVENTS = 100_000
WORKERS = (1, 2, 4, 5)
"""Five cannot share out twelve partitions evenly, which an assignor has to do alike for both topics."""


def measure(rounds: int, tell: Tell, events: int = EVENTS) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        running = Running(settings, administrator, stack.enter_context(running_processes(settings)))
        tell(f"making {events:,} events")
        backlog = asyncio.run(make(settings, events, LINES))

        def one_round(tell: Tell) -> tuple[Figures, Figures]:
            figures: Figures = {}
            for workers in WORKERS:
                tell(named(workers))
                figures[named(workers)] = asyncio.run(_folded(running, workers, backlog))
            return figures, {}

        figures, _ = in_rounds(rounds, one_round, tell)
    return _report(rounds, figures)


def named(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


async def _folded(running: Running, workers: int, backlog: Backlog) -> dict[str, float]:
    owner = await connect_pool(running.settings, "projections_owner", max_size=1)
    wrote: dict[int, set[str]] = {}

    async def look(ports: dict[int, str]) -> None:
        wrote.update(await writers(owner, ports))

    async with watching(owner, CUSTOMER_360):
        figures = await running.fold((CUSTOMER_360,), workers, backlog, look)
    await owner.close()
    return {
        **figures,
        "wrote": float(len(set().union(*wrote.values()))),
        "met": float(sum(len(names) > 1 for names in wrote.values())),
    }


def _report(rounds: int, figures: Figures) -> Report:
    one = figures[named(1)]["per_second"]
    return Report(
        "fanout",
        rounds,
        figures,
        {},
        {
            f"{named(workers)}, beside one": round(figures[named(workers)]["per_second"] / one, 2)
            for workers in WORKERS[1:]
        },
        [
            *(
                Goal.at_most(f"{named(n)}: partitions of which two wrote rows", 0, figures[named(n)]["met"])
                for n in WORKERS
            ),
            *(
                Goal.at_least(f"{named(n)}: so many of them wrote rows", n, figures[named(n)]["wrote"])
                for n in WORKERS
            ),
        ],
    )
