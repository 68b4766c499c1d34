"""What a customer bought: sums that can be added in any order, per currency.

A purchase counts in the calendar month (UTC) in which it was bought, a return in that in which it came back,
so that a closed month never changes. Net is what was charged less what was paid back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.fact import Fact
from services.sales.events import (
    PurchaseAttributed,
    PurchaseLine,
    PurchaseRecorded,
    PurchaseReturned,
    ReturnedLine,
)

ZERO = Decimal(0)


class Sold(msgspec.Struct, frozen=True):
    """How much of something: a quantity in the products' own units, and the net amount."""

    quantity: Decimal = ZERO
    amount: Decimal = ZERO


class Month(msgspec.Struct, frozen=True):
    """One calendar month."""

    purchases: int = 0
    amount: Decimal = ZERO


class LastPurchase(msgspec.Struct, frozen=True):
    """The latest purchase by its own time."""

    purchased_at: datetime
    purchase_id: UUID
    store: str | None
    amount: Decimal


class Spending(msgspec.Struct, frozen=True):
    """Everything bought in one currency."""

    purchases: int = 0
    returns: int = 0
    amount: Decimal = ZERO
    months: Mapping[str, Month] = {}
    """By `2017-01`."""
    categories: Mapping[str, Sold] = {}
    brands: Mapping[str, Sold] = {}
    last: LastPurchase | None = None


Spendings = Mapping[str, Spending]
"""By currency."""


NOTHING, NONE_SOLD, NO_MONTH = Spending(), Sold(), Month()


def bought(spendings: Spendings, fact: Fact[Any]) -> Spendings:
    """The sums after a purchase, or after one was found to be this customer's."""
    event: PurchaseRecorded | PurchaseAttributed = fact.event
    before = spendings.get(event.currency, NOTHING)
    at, total = event.purchased_at, event.total
    categories, brands = _more(before, event.lines)
    spending = Spending(
        before.purchases + 1,
        before.returns,
        before.amount + total,
        _in_month(before.months, month_of(at), 1, total),
        categories,
        brands,
        later(before.last, LastPurchase(at, fact.envelope.stream_id, event.store, total)),
    )
    if isinstance(event, PurchaseAttributed):
        for back in event.returns:
            spending = _less(spending, back.returned_at, back.total, back.lines)
    return {**spendings, event.currency: spending}


def returned(spendings: Spendings, fact: Fact[Any]) -> Spendings:
    """The sums after goods came back."""
    event: PurchaseReturned = fact.event
    spending = spendings.get(event.currency, NOTHING)
    return {**spendings, event.currency: _less(spending, event.returned_at, event.total, event.lines)}


def _less(spending: Spending, at: datetime, total: Decimal, lines: Sequence[ReturnedLine]) -> Spending:
    categories, brands = dict(spending.categories), dict(spending.brands)
    for line in lines:
        for sums, name in ((categories, line.category), (brands, line.brand)):
            if name:
                before = sums.get(name, NONE_SOLD)
                sums[name] = Sold(before.quantity - line.quantity, before.amount - line.amount)
    return replace(
        spending,
        returns=spending.returns + 1,
        amount=spending.amount - total,
        months=_in_month(spending.months, month_of(at), 0, -total),
        categories=categories,
        brands=brands,
    )


def month_of(at: datetime) -> str:
    """The calendar month, in UTC: `2017-01`."""
    there = at if at.tzinfo is UTC else at.astimezone(UTC)
    return _month_name(there.year, there.month)


@cache
def _month_name(year: int, month: int) -> str:
    return f"{year:04}-{month:02}"


def _in_month(months: Mapping[str, Month], name: str, purchases: int, amount: Decimal) -> Mapping[str, Month]:
    before = months.get(name, NO_MONTH)
    return {**months, name: Month(before.purchases + purchases, before.amount + amount)}


def _more(spending: Spending, lines: Sequence[PurchaseLine]) -> tuple[Mapping[str, Sold], Mapping[str, Sold]]:
    """Its categories and its brands with these lines."""
    categories, brands = dict(spending.categories), dict(spending.brands)
    for line in lines:
        quantity, amount = line.quantity, line.amount
        if category := line.category:
            before = categories.get(category, NONE_SOLD)
            categories[category] = Sold(before.quantity + quantity, before.amount + amount)
        if brand := line.brand:
            before = brands.get(brand, NONE_SOLD)
            brands[brand] = Sold(before.quantity + quantity, before.amount + amount)
    return categories, brands


def later(one: LastPurchase | None, other: LastPurchase | None) -> LastPurchase | None:
    """The later of two; of two at once the one with the greater id, so that their order does not matter."""
    if one is None or other is None:
        return one or other
    if one.purchased_at == other.purchased_at:
        return one if one.purchase_id >= other.purchase_id else other
    return one if one.purchased_at > other.purchased_at else other


def summed(parts: Iterable[Spendings]) -> Spendings:
    """The sums of several partitions or contacts together."""
    total: dict[str, Spending] = {}
    for spendings in parts:
        for currency, spending in spendings.items():
            total[currency] = _plus(total[currency], spending) if currency in total else spending
    return total


def _plus(one: Spending, other: Spending) -> Spending:
    months = dict(one.months)
    for name, month in other.months.items():
        before = months.get(name, Month())
        months[name] = Month(before.purchases + month.purchases, before.amount + month.amount)
    return Spending(
        one.purchases + other.purchases,
        one.returns + other.returns,
        one.amount + other.amount,
        months,
        _together(one.categories, other.categories),
        _together(one.brands, other.brands),
        later(one.last, other.last),
    )


def _together(one: Mapping[str, Sold], other: Mapping[str, Sold]) -> Mapping[str, Sold]:
    sums = dict(one)
    for name, sold in other.items():
        before = sums.get(name, Sold())
        sums[name] = Sold(before.quantity + sold.quantity, before.amount + sold.amount)
    return sums
