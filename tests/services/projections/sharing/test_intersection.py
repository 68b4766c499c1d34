"""The law of the gate: a partner sees the intersection of all factors, whatever was said in any order."""

from __future__ import annotations

from collections import Counter
from random import Random
from uuid import UUID

import pytest

from kernel.database import read_as
from tests.services.projections.sharing.changing import PURPOSES, Changing
from tests.services.projections.sharing.two import Two
from tests.services.projections.sharing.world import seen

STEPS = 100
PAGE = """
SELECT contact_id, field, name, month, value, quantity, amount, currency
FROM shared_page($1, $2, NULL, $3)"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(3))
async def test_the_partner_sees_exactly_the_intersection(two: Two, seed: int) -> None:
    changing = Changing(two, Random(seed))
    await changing.begin()
    shown, done = 0, Counter[str]()
    for _ in range(STEPS):
        done[await changing.change()] += 1
        assert not await two.fold()
        for agreement, deal in changing.world.deals.items():
            for purpose in PURPOSES:
                expected = seen(changing.world, agreement, purpose)
                shown += len(expected)
                asked = [*changing.mine[deal.reader], *changing.its]
                assert await two.cells(agreement, asked, purpose, deal.reader) == expected, (seed, done)
        assert await page(two, agreement, purpose, deal.reader) == expected, (seed, done)
    assert shown > STEPS, shown


async def page(two: Two, agreement: UUID, purpose: str, reader: UUID) -> set[tuple[object, ...]]:
    """Whatever is let through of all contacts."""
    async with read_as(two.partner, reader) as db:
        return {tuple(row) for row in await db.fetch(PAGE, agreement, purpose, 2**31 - 1)}
