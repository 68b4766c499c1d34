"""What a customer bought: sums that can be added in any order, per currency.

A purchase counts in the calendar month (UTC) in which it was bought, a return in that in which it came back,
so that a closed month never changes. Net is what was charged less what was paid back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
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


def bought(spendings: Spendings, fact: Fact[Any]) -> Spendings:
    """The sums after a purchase, or after one was found to be this customer's."""
    event: PurchaseRecorded | PurchaseAttributed = fact.event
    spending = spendings.get(event.currency, Spending())
    month, at = month_of(event.purchased_at), event.purchased_at
    last = LastPurchase(at, fact.envelope.stream_id, event.store, event.total)
    spending = replace(
        spending,
        purchases=spending.purchases + 1,
        amount=spending.amount + event.total,
        months=_in_month(spending.months, month, 1, event.total),
        categories=_sold(spending.categories, "category", event.lines, 1),
        brands=_sold(spending.brands, "brand", event.lines, 1),
        last=later(spending.last, last),
    )
    if isinstance(event, PurchaseAttributed):
        for back in event.returns:
            spending = _less(spending, back.returned_at, back.total, back.lines)
    return {**spendings, event.currency: spending}


def returned(spendings: Spendings, fact: Fact[Any]) -> Spendings:
    """The sums after goods came back."""
    event: PurchaseReturned = fact.event
    spending = spendings.get(event.currency, Spending())
    return {**spendings, event.currency: _less(spending, event.returned_at, event.total, event.lines)}


def _less(spending: Spending, at: datetime, total: Decimal, lines: Sequence[ReturnedLine]) -> Spending:
    return replace(
        spending,
        returns=spending.returns + 1,
        amount=spending.amount - total,
        months=_in_month(spending.months, month_of(at), 0, -total),
        categories=_sold(spending.categories, "category", lines, -1),
        brands=_sold(spending.brands, "brand", lines, -1),
    )


def month_of(at: datetime) -> str:
    """The calendar month, in UTC: `2017-01`."""
    return at.astimezone(UTC).isoformat()[:7]


def _in_month(months: Mapping[str, Month], name: str, purchases: int, amount: Decimal) -> Mapping[str, Month]:
    before = months.get(name, Month())
    return {**months, name: Month(before.purchases + purchases, before.amount + amount)}


def _sold(
    sums: Mapping[str, Sold], field: str, lines: Sequence[PurchaseLine | ReturnedLine], sign: int
) -> Mapping[str, Sold]:
    after = dict(sums)
    for line in lines:
        if name := getattr(line, field):
            before = after.get(name, Sold())
            after[name] = Sold(before.quantity + sign * line.quantity, before.amount + sign * line.amount)
    return after


def later(one: LastPurchase | None, other: LastPurchase | None) -> LastPurchase | None:
    """The later of two; of two at once the one with the greater id, so that their order does not matter."""
    found = [last for last in (one, other) if last is not None]
    return max(found, key=lambda last: (last.purchased_at, last.purchase_id), default=None)


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
