"""`bench travel`: questions about the past of customers with a thousand events each, beside the live page.

Each answer is made and written as the query's handler does it, under row security, one at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.harness import Figures, Goal, Report, Tell, in_rounds, percentile
from bench.stack import durable_postgres
from bench.travelling.lives import EVENTS, MOST, ORG, live
from kernel.database import connect_pool, read_as
from kernel.garbage import collect_rarely
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.access import Caller, Role
from kernel.web.inquiry import Inquiry, made
from kernel.web.service import Query
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

Asked = tuple[Query[Any], dict[str, Any]]


def measure(rounds: int, tell: Tell) -> Report:
    with durable_postgres() as (_, settings), asyncio.Runner() as runner:
        tell(f"letting {EVENTS} things happen to each customer")
        customers, busiest = runner.run(live(settings))
        collect_rarely()  # as the process does that answers questions
        ours, peers = in_rounds(
            rounds, lambda say: runner.run(_round(settings, customers, busiest, say)), tell
        )
    page, past = peers["the live page"]["p50_ms"], ours["page as of the whole past"]
    goals = [Goal.at_most(f"95 % of pages as of {EVENTS} events, ms", MOST_MS, past["p95_ms"])]
    ratios = {"as of the whole past, beside the live page": round(past["p50_ms"] / page, 1)}
    return Report("travel", rounds, ours, peers, ratios, goals)


async def _round(
    settings: Settings, customers: list[UUID], busiest: UUID, tell: Tell
) -> tuple[Figures, Figures]:
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, "projections_app", max_size=1)
        stack.push_async_callback(pool.close)
        vault = await Vault.open(settings)
        stack.push_async_callback(vault.close)
        times = await _times(pool)
        figures: Figures = {}
        questions_of = {
            **_questions(customers, times, ASKED),
            **{f"{name}, {MOST:,} events": few for name, few in _questions([busiest], times, FEW).items()},
        }
        for name, questions in questions_of.items():
            tell(f"asking for {name}")
            figures[name] = await _figures(pool, vault, list(questions))
    return figures, {name: figures.pop(name) for name in list(figures) if name.startswith("the live page")}


async def _times(pool: asyncpg.Pool) -> list[datetime]:
    """When something was recorded, in order."""
    async with read_as(pool, ORG) as db:
        rows = await db.fetch(f"SELECT recorded_at FROM {JOURNAL.table_name} ORDER BY 1")
    return [row["recorded_at"] for row in rows]


def _questions(customers: list[UUID], times: list[datetime], count: int) -> dict[str, Iterator[Asked]]:
    dice = Random(5)

    def of(query: Query[Any], **fixed: Any) -> Iterator[Asked]:
        for _ in range(count):
            chosen = {name: value() if callable(value) else value for name, value in fixed.items()}
            yield query, {"id": dice.choice(customers), **chosen}

    def some() -> datetime:
        return dice.choice(times)

    return {
        "the live page": of(CUSTOMER),
        "page as of the whole past": of(CUSTOMER, as_of=times[-1]),
        "page as of any time": of(CUSTOMER, as_of=some),
        "timeline as of any time": of(TIMELINE, as_of=some),
        "field history as of any time": of(HISTORY, field="language", as_of=some),
        "explain": of(EXPLAIN, cell=lambda: dice.choice(CELLS)),
        "changes": of(CHANGES, **{"from": lambda: dice.choice(times[: len(times) // 2])}),
    }


async def _figures(pool: asyncpg.Pool, vault: Vault, questions: list[Asked]) -> dict[str, float]:
    seconds, began = [], time.process_time()
    for query, asked in questions:
        seconds.append(await _ask(pool, vault, query, asked))
    spent = (time.process_time() - began) / len(questions)
    return {
        "p50_ms": percentile(seconds, 0.5) * 1000,
        "p95_ms": percentile(seconds, 0.95) * 1000,
        "cpu_ms": spent * 1000,
    }


async def _ask(pool: asyncpg.Pool, vault: Vault, query: Query[Any], asked: dict[str, Any]) -> float:
    began = time.perf_counter()
    async with read_as(pool, ORG) as db:
        inquiry = Inquiry(db, Caller(ORG, "anna", Role.AGENT), vault, bytes(64))
        found = await query.handler(inquiry, query.params(**asked))
    msgspec.json.encode(await made(found))
    return time.perf_counter() - began
