"""A purchase's external number is taken once, whoever comes first."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from kernel.settings import Settings
from kernel.web.problems import Problem
from services.sales.commands import RecordPurchase
from tests.services.sales.deciding import line
from tests.services.sales.selling import Shop, open_shop

BODY = {"currency": "EUR", "lines": [line()], "external_ref": {"source": "till", "number": "4711"}}


async def outcome(shop: Shop) -> UUID | Problem:
    """The purchase that became of it, or why none did."""
    try:
        return (await shop.ask(shop.sales, RecordPurchase, BODY)).id
    except Problem as problem:
        return problem


async def test_of_many_purchases_with_one_external_number_one_is_recorded(database: Settings) -> None:
    async with open_shop(database) as shop, open_shop(database) as other:
        outcomes = await asyncio.gather(*(outcome(each) for each in [shop, other] * 5))
        (recorded,) = [one for one in outcomes if isinstance(one, UUID)]
        refused = [one for one in outcomes if isinstance(one, Problem)]
        assert {(one.status, one.code) for one in refused} == {(409, "already-recorded")}
        assert {one.members["holder"] for one in refused} == {str(recorded)}


async def test_another_organisation_has_numbers_of_its_own(database: Settings) -> None:
    async with open_shop(database) as shop:
        here = await outcome(shop)
        shop.org_id = uuid4()
        there = await outcome(shop)
        assert isinstance(here, UUID)
        assert isinstance(there, UUID)
        with pytest.raises(Problem):
            await shop.ask(shop.sales, RecordPurchase, BODY)
