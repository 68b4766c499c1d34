"""What a customer bought, in whatever order its facts come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID, uuid5

from kernel.log.facts import Event
from kernel.taking.fact import Fact
from lib.identifiers import IdentifierDigest, IdentifierKind
from services.projections.customers.customer_360 import CUSTOMER_360, Customer360
from services.projections.customers.purchases import purchases
from services.projections.customers.spending import Sold, Spending
from services.sales.events import (
    PurchaseAttributed,
    PurchaseLine,
    PurchaseRecorded,
    PurchaseReturned,
    Return,
    ReturnedLine,
)
from tests.folding import fold_all
from tests.parcels.log import ORG, enveloped

ANNA = UUID(int=1)
CARD = IdentifierDigest(kind=IdentifierKind.LOYALTY_CARD, digest="0" * 32)
AT = datetime(2026, 1, 31, 23, tzinfo=UTC)


def fact(purchase: str, version: int, event: Event) -> Fact[Event]:
    stream_id = uuid5(ORG, purchase)
    return Fact(event, enveloped(ORG, stream_id, event, version, version, 0), 0, version, "sales", b"")


def line(amount: str, category: str | None = "WINE", quantity: str = "1") -> PurchaseLine:
    return PurchaseLine(sku="1", category=category, quantity=Decimal(quantity), amount=Decimal(amount))


def bought(purchase: str, *lines: PurchaseLine, at: datetime = AT, **more: object) -> Fact[Event]:
    total = sum((one.amount for one in lines), Decimal(0))
    fields = {"contact_id": ANNA, "currency": "EUR", "purchased_at": at, "lines": lines, "total": total}
    return fact(purchase, 1, PurchaseRecorded(**(fields | more)))  # type: ignore[arg-type]


def back(amount: str) -> ReturnedLine:
    return ReturnedLine(number=1, sku="1", category="WINE", quantity=Decimal(1), amount=Decimal(amount))


def returned(purchase: str, amount: str, at: datetime, contact: UUID | None = ANNA) -> Fact[Event]:
    lines = (back(amount),)
    event = PurchaseReturned(
        contact_id=contact, returned_at=at, currency="EUR", lines=lines, total=Decimal(amount)
    )
    return fact(purchase, 2, event)


def folded(facts: Sequence[Fact[Event]]) -> Customer360:
    return CUSTOMER_360.combined([Customer360(ANNA), *fold_all(CUSTOMER_360, facts).values()])


def spending(*facts: Fact[Event]) -> Spending:
    return folded(facts).spending.value["EUR"]


def test_a_purchase_counts_in_the_month_in_which_it_was_bought() -> None:
    found = spending(bought("a", line("2.00")), bought("b", line("1.00"), at=AT + timedelta(hours=1)))
    assert {name: month.amount for name, month in found.months.items()} == {"2026-01": 2, "2026-02": 1}


def test_a_return_counts_in_the_month_in_which_it_came_back_and_never_as_a_purchase() -> None:
    found = spending(bought("a", line("2.00")), returned("a", "2.00", AT + timedelta(days=40)))
    assert (found.purchases, found.returns, found.amount) == (1, 1, 0)
    assert {name: (month.purchases, month.amount) for name, month in found.months.items()} == {
        "2026-01": (1, 2),
        "2026-03": (0, -2),
    }
    assert found.categories == {"WINE": Sold()}


def test_lines_of_one_category_are_summed_and_those_of_none_only_in_the_total() -> None:
    found = spending(bought("a", line("2.00"), line("3.00", quantity="4"), line("9.00", category=None)))
    assert found.categories == {"WINE": Sold(Decimal(5), Decimal(5))}
    assert (found.amount, found.brands) == (14, {})


def test_zero_totals_and_quantities_count_as_purchases() -> None:
    found = spending(bought("a", line("0", quantity="0")))
    assert (found.purchases, found.amount) == (1, 0)


def test_a_purchase_of_nobody_is_counted_once_it_is_attributed_with_what_came_back_before() -> None:
    recorded = bought("a", line("5.00"), contact_id=None, identifier=CARD)
    before = returned("a", "2.00", AT, contact=None)
    event = PurchaseAttributed(
        contact_id=ANNA,
        identifier=CARD,
        purchased_at=AT,
        currency="EUR",
        lines=(line("5.00"),),
        total=Decimal(5),
        returns=(Return(returned_at=AT, lines=(back("2.00"),), total=Decimal(2)),),
    )
    assert folded([recorded, before]).spending.value == {}
    found = spending(recorded, before, fact("a", 3, event), returned("a", "1.00", AT))
    assert (found.purchases, found.returns, found.amount) == (1, 2, 2)


def test_the_last_purchase_is_the_latest_by_its_own_time_whenever_it_arrives() -> None:
    facts = [bought(name, line("1.00"), at=AT + timedelta(days=n)) for n, name in enumerate("abc")]
    lasts = {spending(*order).last for order in permutations(facts)}
    (last,) = lasts
    assert last is not None
    assert last.purchase_id == uuid5(ORG, "c")


def test_currencies_are_never_added() -> None:
    found = folded([bought("a", line("1.00")), bought("b", line("2.00"), currency="USD")]).spending.value
    assert {currency: one.amount for currency, one in found.items()} == {"EUR": 1, "USD": 2}


def test_favourites_are_the_five_on_which_most_was_spent_and_not_what_all_came_back() -> None:
    lines = [line(f"{n}.00", category=f"C{n}") for n in range(1, 8)]
    facts = [bought("a", *lines), bought("b", line("9.00")), returned("b", "9.00", AT)]
    (shown,) = purchases(folded(facts).spending.value)
    assert [one.name for one in shown.categories] == ["C7", "C6", "C5", "C4", "C3"]
