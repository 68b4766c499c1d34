"""What a contact bought in each calendar month (UTC), by product as it was: partners are told of it in parts.

A purchase counts in the month in which it was bought, a return in that in which it came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kernel.taking.fact import Fact
from kernel.view.parts import Part, json_text
from kernel.view.view import Key, View
from services.projections.customers.spending import NONE_SOLD, Sold, month_of
from services.projections.sharing.matchable import GATE
from services.sales.events import (
    PurchaseAttributed,
    PurchaseLine,
    PurchaseRecorded,
    PurchaseReturned,
    ReturnedLine,
)

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    month text COLLATE "C" NOT NULL,
    partition smallint NOT NULL,
    sold json NOT NULL,
    PRIMARY KEY (org_id, contact_id, month, partition)
)"""

Sales = Mapping[str, Sold]
"""By currency, manufacturer, category, brand and product, as the JSON of a list of the five."""


class MonthlyPurchases(msgspec.Struct, frozen=True):
    """One contact in one month, as in `2017-01`."""

    contact_id: UUID
    month: str
    sold: Part[Sales] = Part({})


class _Moved(NamedTuple):
    """Lines that were bought, or came back."""

    at: datetime
    lines: Sequence[PurchaseLine | ReturnedLine]
    sign: int


def _moved(event: PurchaseRecorded | PurchaseAttributed | PurchaseReturned) -> Iterator[_Moved]:
    if isinstance(event, PurchaseReturned):
        yield _Moved(event.returned_at, event.lines, -1)
        return
    yield _Moved(event.purchased_at, event.lines, 1)
    if isinstance(event, PurchaseAttributed):
        for back in event.returns:
            yield _Moved(back.returned_at, back.lines, -1)


def keys(fact: Fact[Any]) -> list[Key]:
    """A purchase counts once it is known whose it is."""
    contact = fact.event.contact_id
    if contact is None:
        return []
    return [(contact, month) for month in dict.fromkeys(month_of(moved.at) for moved in _moved(fact.event))]


def fold(row: MonthlyPurchases, fact: Fact[Any]) -> MonthlyPurchases:
    sold = dict(row.sold.value)
    for moved in _moved(fact.event):
        if month_of(moved.at) == row.month:
            _add(sold, fact.event.currency, moved)
    return MonthlyPurchases(row.contact_id, row.month, Part(sold))


def _add(sold: dict[str, Sold], currency: str, moved: _Moved) -> None:
    for line in moved.lines:
        place = json_text([currency, line.manufacturer, line.category, line.brand, line.sku])
        before = sold.get(place, NONE_SOLD)
        quantity, amount = moved.sign * line.quantity, moved.sign * line.amount
        sold[place] = Sold(before.quantity + quantity, before.amount + amount)


def combine(rows: Sequence[MonthlyPurchases]) -> MonthlyPurchases:
    """The parts of a month."""
    return MonthlyPurchases(rows[0].contact_id, rows[0].month, Part(_summed(row.sold.value for row in rows)))


def _summed(several: Iterable[Sales]) -> Sales:
    total: dict[str, Sold] = {}
    for sold in several:
        for place, one in sold.items():
            before = total.get(place, NONE_SOLD)
            total[place] = Sold(before.quantity + one.quantity, before.amount + one.amount)
    return total


MONTHLY_PURCHASES = View(
    name="monthly_purchases",
    number=1,
    row=MonthlyPurchases,
    key=("contact_id", "month"),
    reads=(PurchaseRecorded, PurchaseAttributed, PurchaseReturned),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(GATE,),
)
