"""`bench directory`: searches among a hundred thousand contacts, under row security.

The peer is the way that one would write first: the same names by LIKE, in the same table, under the same row
security, which cannot use an index for it.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import asyncpg

from bench.harness import Figures, Goal, Report, Tell, in_rounds, percentile
from bench.searching.crowd import ORG, fill
from bench.searching.searches import prefixes, searches
from bench.stack import durable_postgres
from kernel.database import connect_pool, read_as
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.access import Caller, Role
from kernel.web.inquiry import Inquiry
from services.projections.customers.directory.query import SEARCH, CustomersAsked
from services.projections.customers.person import PERSON

LIKE = f"""
SELECT contact_id, sort_name FROM {PERSON.table_name} WHERE sort_name LIKE $1 || '%'
ORDER BY sort_name, contact_id LIMIT 50"""


def measure(rounds: int, tell: Tell) -> Report:
    with durable_postgres() as (_, settings), asyncio.Runner() as runner:
        tell("putting a hundred thousand contacts there")
        runner.run(_fill(settings))
        ours, peers = in_rounds(rounds, lambda say: runner.run(_round(settings, say)), tell)
    ratio = peers["LIKE"]["p50_ms"] / ours["names"]["p50_ms"]
    goals = [Goal.at_most("95 % of searches, ms", 20, ours["searches"]["p95_ms"])]
    return Report("directory", rounds, ours, peers, {"names, beside LIKE": round(ratio, 1)}, goals)


async def _fill(settings: Settings) -> None:
    pool = await connect_pool(settings, "projections_log", max_size=1)
    async with pool.acquire() as db:
        await fill(db)
    await pool.close()
    owner = await asyncpg.connect(settings.dsn["projections_owner"])
    await owner.execute("VACUUM ANALYZE")
    await owner.close()


async def _round(settings: Settings, tell: Tell) -> tuple[Figures, Figures]:
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, "projections_app", max_size=1)
        stack.push_async_callback(pool.close)
        vault = await Vault.open(settings)
        stack.push_async_callback(vault.close)
        tell("searching")
        every = [await _search(pool, vault, CustomersAsked(**asked)) for asked in searches()]
        names = [await _search(pool, vault, CustomersAsked(words=prefix)) for prefix in prefixes()]
        tell("searching by LIKE")
        like = [await _like(pool, prefix) for prefix in prefixes()]
    return {"searches": _figures(every), "names": _figures(names)}, {"LIKE": _figures(like)}


async def _search(pool: asyncpg.Pool, vault: Vault, asked: CustomersAsked) -> float:
    """Seconds until the page is there, as the query's handler answers it."""
    began = time.perf_counter()
    async with read_as(pool, ORG) as db:
        inquiry = Inquiry(db, Caller(ORG, "anna", Role.AGENT), vault, bytes(64))
        assert (await SEARCH.handler(inquiry, asked)).customers
    return time.perf_counter() - began


async def _like(pool: asyncpg.Pool, prefix: str) -> float:
    began = time.perf_counter()
    async with read_as(pool, ORG) as db:
        assert await db.fetch(LIKE, prefix)
    return time.perf_counter() - began


def _figures(seconds: list[float]) -> dict[str, float]:
    shares = (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99))
    return {name: percentile(seconds, share) * 1000 for name, share in shares}
