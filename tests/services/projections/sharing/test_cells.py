"""What is told of a customer who is shared, and what is not though its field is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lib.identifiers import Identifier, IdentifierKind
from services.contacts.commands import AddIdentifier, VerifyIdentifier
from services.sales.commands import LineReturn, ReturnPurchase, SetValueTiers
from services.sales.events import PurchaseLine, ValueTier
from tests.services.projections.sharing.two import SHOP, Two, giving, line, months_ago

PURCHASES = ("purchases.brand", "purchases.product", "purchases.category")
THIS_MONTH, LAST_MONTH = (f"{months_ago(ago):%Y-%m}" for ago in (0, 1))


async def told(two: Two, *baskets: tuple[int, tuple[PurchaseLine, ...]], **gives: Any) -> set[Any]:
    """Field, name, month, value and amount of each cell, of a customer who bought that so many months ago."""
    agreement, mine, its = await two.opened(giving(manufacturers=["A"], **gives))
    for ago, lines in baskets:
        await two.bought(its, ago, *lines)
    found = await two.cells(agreement, [mine])
    return {(*cell[1:5], cell[6]) for cell in found}


async def test_an_address_or_number_is_told_once_it_is_known_to_be_the_customers_own(two: Two) -> None:
    agreement, mine, its = await two.opened(giving(fields=["profile.email", "profile.phone"]))
    known = Identifier(kind=IdentifierKind.EMAIL, value="anna@mail.example")
    other = Identifier(kind=IdentifierKind.PHONE, value="+43 1 5330 100")
    await two.say(SHOP, VerifyIdentifier(identifier=known), its)
    await two.say(SHOP, AddIdentifier(identifier=other), its)
    await two.matched(agreement, mine, its)
    [cell] = await two.cells(agreement, [mine])
    assert cell[1:5] == ("profile.email", None, None, "anna@mail.example")


async def test_a_manufacturer_is_told_of_its_own_products_by_brand_product_and_category(two: Two) -> None:
    bought = line("A", amount="10"), line("A", amount="5"), line("B", brand="Moon", amount="90")
    assert await told(two, (1, bought), fields=PURCHASES) == {
        ("purchases.brand", "Sun", LAST_MONTH, None, Decimal(15)),
        ("purchases.product", "A-Sun", LAST_MONTH, None, Decimal(15)),
        ("purchases.category", "FRUIT", LAST_MONTH, "own", Decimal(15)),
    }


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        ({"B": 10, "C": 10, "D": 10}, 30),
        ({"B": 10, "C": 10}, None),
        ({"B": 10, "C": 10, "A": 10}, None),
        ({"B": 10, "C": 10, None: 10}, None),
        ({"B": 10, "C": 10, "D": 10, None: 10}, 30),
        ({"B": 80, "C": 10, "D": 10}, 100),
        ({"B": 81, "C": 10, "D": 9}, None),
        ({"B": 10, "C": 10, "D": 0}, None),
    ],
)
async def test_of_others_it_is_told_a_sum_that_three_make_and_none_dominates(
    two: Two, amounts: dict[str | None, int], total: int | None
) -> None:
    bought = tuple(line(maker, amount=str(amount)) for maker, amount in amounts.items())
    found = await told(two, (1, bought), fields=["purchases.category"])
    others = [amount for *_, value, amount in found if value == "others"]
    assert others == ([] if total is None else [Decimal(total)])


async def test_what_came_back_counts_against_a_sum_as_much_as_what_was_bought(two: Two) -> None:
    agreement, mine, its = await two.opened(giving(fields=["purchases.category"], manufacturers=["A"]))
    await two.bought(its, 0, *(line(maker) for maker in "BCDFG"))
    purchase = await two.bought(its, 1, line("E", amount="25"))
    assert {cell[4] for cell in await two.cells(agreement, [mine])} == {"others"}
    await two.say(SHOP, ReturnPurchase(lines=(LineReturn(number=1, quantity=Decimal(1)),)), purchase)
    assert not await two.cells(agreement, [mine])


async def test_purchases_are_told_as_far_back_as_the_depth(two: Two) -> None:
    baskets = [(ago, (line("A", brand=f"{ago}"),)) for ago in (0, 2, 3)]
    found = await told(two, *baskets, fields=["purchases.brand"], depth_months=2)
    assert {name for _, name, *_ in found} == {"0", "2"}


async def test_the_tier_is_that_of_the_twelve_whole_months_before_this_one(two: Two) -> None:
    tiers = (ValueTier(name="silver", threshold=Decimal(10)), ValueTier(name="gold", threshold=Decimal(20)))
    await two.say(SHOP, SetValueTiers(currency="EUR", tiers=tiers))
    baskets = [(ago, (line("B", amount="10"),)) for ago in (0, 12, 13)]
    assert await told(two, *baskets, fields=["value.tier"]) == {("value.tier", None, None, "silver", None)}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ({"field": "profile.city", "values": ["Graz"]}, True),
        ({"field": "profile.city", "values": ["Wien"]}, False),
        ({"field": "purchases.brand", "values": ["Sun"], "months": 2}, True),
        ({"field": "purchases.brand", "values": ["Sun"], "months": 1}, False),
        ({"field": "purchases.brand", "values": ["Moon"], "months": 2}, False),
        ({"field": "purchases.category", "values": ["FRUIT"], "months": 2}, True),
        ({"field": "purchases.category", "values": ["MILK"], "months": 2}, False),
    ],
)
async def test_a_population_is_asked_of_what_is_told(two: Two, rule: dict[str, Any], holds: bool) -> None:
    bought = line("A"), line("B", brand="Moon", category="MILK")
    fields = ["profile.city", "purchases.brand", "purchases.category"]
    assert bool(await told(two, (2, bought), fields=fields, population=[rule])) is holds


async def test_what_all_came_back_was_not_bought(two: Two) -> None:
    rule = {"field": "purchases.brand", "values": ["Sun"], "months": 2}
    fields = ["profile.city", "purchases.brand"]
    opened = await two.opened(giving(manufacturers=["A"], fields=fields, population=[rule]))
    agreement, mine, its = opened
    purchase: UUID = await two.bought(its, 0, line("A"))
    assert await two.cells(agreement, [mine])
    back = LineReturn(number=1, quantity=Decimal(1), amount=Decimal(4))  # of the 10 that were paid
    await two.say(SHOP, ReturnPurchase(lines=(back,)), purchase)
    assert not await two.cells(agreement, [mine])
