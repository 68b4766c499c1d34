"""The directory answers in time among a hundred thousand contacts, under row security."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from kernel.database import connect_pool, read_as
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.access import Caller, Role
from kernel.web.inquiry import Inquiry
from lib.identifiers import Identifier, IdentifierKind
from services.projections.customers.directory.query import SEARCH, CustomersAsked
from tests.services.projections.crowd import email, fill, owner_id, people, team_id
from tests.services.projections.desk import ORG

MOST_SECONDS = 0.020
SEARCHED = 20
"""People of whom each is searched in every way."""


@pytest.fixture
async def readers(database: Settings, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    async with pool.acquire() as db:
        await fill(db)
    readers = await connect_pool(database, "projections_app", max_size=1)
    yield readers
    await readers.close()


def searches() -> Iterator[dict[str, Any]]:
    """As one types, letter by letter; then by everything else that one knows of somebody."""
    dice = random.Random(3)
    for number, person in enumerate(people(SEARCHED)):
        given, family = str(person.given), str(person.family)
        for letters in range(1, 6):
            yield {"words": family[:letters]}
            yield {"words": given[:letters]}
        yield {"words": f"{given} {family[:3]}"}
        yield {"words": f"{family} {given[:1]}"}
        yield {"words": given, "limit": 200}
        yield {"identifier": Identifier(kind=IdentifierKind.EMAIL, value=email(dice.randrange(100_000)))}
        yield {"owner_id": owner_id(number)}
        yield {"owner_id": owner_id(number), "words": given[:2]}
        yield {"team_id": team_id(number)}
        yield {}


@pytest.mark.timeout(300)
async def test_19_of_20_searches_take_20_ms_at_most(readers: asyncpg.Pool, vault: Vault) -> None:
    taken = sorted([await seconds(readers, vault, asked) for asked in searches()])
    assert taken[len(taken) * 95 // 100] <= MOST_SECONDS, f"median {taken[len(taken) // 2]:.4f} s"


async def seconds(readers: asyncpg.Pool, vault: Vault, asked: dict[str, Any]) -> float:
    """The best of three: what else the machine does is not measured."""
    best = 60.0
    for _ in range(3):
        began = time.perf_counter()
        async with read_as(readers, ORG) as db:
            inquiry = Inquiry(db, Caller(ORG, "anna", Role.AGENT), vault, bytes(64))
            assert (await SEARCH.handler(inquiry, CustomersAsked(**asked))).customers
        best = min(best, time.perf_counter() - began)
    return best
