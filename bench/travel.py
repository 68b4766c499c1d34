"""`bench travel`: questions about the past of customers with a thousand events each, beside the live page.

The service answers them over HTTP, one at a time, on one connection.
"""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench.harness import Figures, Goal, Report, Tell, in_rounds, percentile
from bench.stack import Processes, durable_postgres, running_processes
from bench.travelling.lives import EVENTS, MOST, ORG, live
from kernel.database import connect_pool, read_as
from kernel.settings import Settings
from kernel.web.access import Role
from kernel.web.service import Query
from ops.errors import CannotRun
from ops.local import issuer
from services.projections.customers.field_history.query import HISTORY
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past.changes import CHANGES
from services.projections.customers.past.explain import EXPLAIN
from services.projections.customers.timeline.query import TIMELINE
from services.projections.operations.journal import JOURNAL

ASKED = 100
"""How often each question is asked in a round, each time about another customer and another time."""
FEW = 20
"""The same of the customer with most events."""
CELLS = (
    "/preferences/language",
    "/purchases/EUR/net",
    "/interactions/count",
    "/contacts/0/family",
    "/purchases/EUR/brands",
    "/value_tier",
)
MOST_MS = 50.0

Asked = tuple[Query[Any], dict[str, str]]
"""A question, and what stands in its address."""


def measure(rounds: int, tell: Tell) -> Report:
    with durable_postgres() as (_, settings), running_processes(settings) as processes:
        tell(f"letting {EVENTS} things happen to each customer")
        customers, busiest = asyncio.run(live(settings))
        times = asyncio.run(_times(settings))
        processes.start_ours(settings, "views")
        ours, peers = in_rounds(
            rounds, lambda say: _round(settings, processes, customers, busiest, times, say), tell
        )
    page, past = peers["the live page"]["p50_ms"], ours["page as of the whole past"]
    goals = [Goal.at_most(f"95 % of pages as of {EVENTS} events, ms", MOST_MS, past["p95_ms"])]
    ratios = {"as of the whole past, beside the live page": round(past["p50_ms"] / page, 1)}
    return Report("travel", rounds, ours, peers, ratios, goals)


def _round(
    settings: Settings,
    processes: Processes,
    customers: list[UUID],
    busiest: UUID,
    times: list[datetime],
    tell: Tell,
) -> tuple[Figures, Figures]:
    figures: Figures = {}
    questions_of = {
        **_questions(customers, times, ASKED),
        **{f"{name}, {MOST:,} events": few for name, few in _questions([busiest], times, FEW).items()},
    }
    for name, questions in questions_of.items():
        tell(f"asking for {name}")
        figures[name] = _figures(settings, processes, list(questions))
    return figures, {name: figures.pop(name) for name in list(figures) if name.startswith("the live page")}


async def _times(settings: Settings) -> list[datetime]:
    """When something was recorded, in order."""
    pool = await connect_pool(settings, "projections_app", max_size=1)
    async with read_as(pool, ORG) as db:
        rows = await db.fetch(f"SELECT recorded_at FROM {JOURNAL.table_name} ORDER BY 1")
    await pool.close()
    return [row["recorded_at"] for row in rows]


def _questions(customers: list[UUID], times: list[datetime], count: int) -> dict[str, Iterator[Asked]]:
    dice = Random(5)

    def of(query: Query[Any], **fixed: Any) -> Iterator[Asked]:
        for _ in range(count):
            chosen = {name: value() if callable(value) else value for name, value in fixed.items()}
            yield query, {"id": str(dice.choice(customers)), **chosen}

    def some() -> str:
        return dice.choice(times).isoformat()

    return {
        "the live page": of(CUSTOMER),
        "page as of the whole past": of(CUSTOMER, as_of=times[-1].isoformat()),
        "page as of any time": of(CUSTOMER, as_of=some),
        "timeline as of any time": of(TIMELINE, as_of=some),
        "field history as of any time": of(HISTORY, field="language", as_of=some),
        "explain": of(EXPLAIN, cell=lambda: dice.choice(CELLS)),
        "changes": of(CHANGES, **{"from": lambda: dice.choice(times[: len(times) // 2]).isoformat()}),
    }


def _figures(settings: Settings, processes: Processes, questions: list[Asked]) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", settings.port["views"])
    headers = {"authorization": f"Bearer {issuer.token(settings, str(ORG), Role.AGENT, 'anna')}"}
    before = processes.cpu_seconds()
    seconds = [_ask(connection, headers, query, asked) for query, asked in questions]
    connection.close()
    return {
        "p50_ms": percentile(seconds, 0.5) * 1000,
        "p95_ms": percentile(seconds, 0.95) * 1000,
        **processes.spent(before, len(questions), "views", "postgres"),
    }


def _ask(
    connection: http.client.HTTPConnection, headers: dict[str, str], query: Query[Any], asked: dict[str, str]
) -> float:
    path = query.path.format(**asked)
    rest = {name: value for name, value in asked.items() if f"{{{name}}}" not in query.path}
    began = time.perf_counter()
    connection.request("GET", f"{path}?{urlencode(rest)}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status not in (200, 404):  # of a time before it was known, it is unknown
        raise CannotRun(f"{path} was not answered: {body.decode()}")
    return took
