"""A customer's purchases as its page shows them: sums by month, favourites, the last one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from services.projections.customers.spending import LastPurchase, Sold, Spending, Spendings

FAVOURITES = 5


class Amount(msgspec.Struct, frozen=True):
    """Money as answers write it; a sum may be greater than one price may be."""

    amount: Decimal
    currency: str


class PurchaseMonth(msgspec.Struct, frozen=True):
    """One calendar month: what was bought in it, less what came back in it."""

    purchases: int
    net: Amount


class Favourite(msgspec.Struct, frozen=True):
    """A category or a brand that the customer spends much on."""

    name: str
    quantity: Decimal
    net: Amount


class LatestPurchase(msgspec.Struct, frozen=True):
    """The latest purchase by its own time."""

    purchase_id: UUID
    purchased_at: datetime
    store: str | None
    total: Amount


class Purchases(msgspec.Struct, frozen=True):
    """Everything bought in one currency."""

    currency: str
    purchases: int
    returns: int
    net: Amount
    """What was charged, less what was paid back."""
    months: Mapping[str, PurchaseMonth]
    """By `2017-01`, in order."""
    categories: tuple[Favourite, ...]
    """The five with the greatest net, that one first."""
    brands: tuple[Favourite, ...]
    last: LatestPurchase | None


def purchases(spendings: Spendings) -> tuple[Purchases, ...]:
    """By currency."""
    return tuple(_purchases(currency, spendings[currency]) for currency in sorted(spendings))


def _purchases(currency: str, spending: Spending) -> Purchases:
    return Purchases(
        currency,
        spending.purchases,
        spending.returns,
        Amount(spending.amount, currency),
        {
            name: PurchaseMonth(month.purchases, Amount(month.amount, currency))
            for name, month in sorted(spending.months.items())
        },
        favourites(spending.categories, currency),
        favourites(spending.brands, currency),
        _latest(spending.last, currency),
    )


def favourites(sums: Mapping[str, Sold], currency: str) -> tuple[Favourite, ...]:
    """What most was spent on; of equals the first by name. What all came back is no favourite."""
    kept = [(name, sold) for name, sold in sums.items() if sold.amount > 0]
    kept.sort(key=lambda pair: (-pair[1].amount, pair[0]))
    return tuple(
        Favourite(name, sold.quantity, Amount(sold.amount, currency)) for name, sold in kept[:FAVOURITES]
    )


def _latest(last: LastPurchase | None, currency: str) -> LatestPurchase | None:
    if last is None:
        return None
    return LatestPurchase(last.purchase_id, last.purchased_at, last.store, Amount(last.amount, currency))
