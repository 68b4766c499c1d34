"""What a contact bought, by month and product: what comes late or comes back falls into its own month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

from kernel.log.facts import Event
from kernel.taking.fact import Fact
from kernel.view.parts import json_text
from services.projections.customers.spending import Sold
from services.projections.sharing.monthly_purchases import MONTHLY_PURCHASES
from services.sales.events import PurchaseAttributed, PurchaseLine, Return
from tests.folding import fold_all
from tests.services.projections.test_spending import ANNA, AT, CARD, back, bought, fact, line, returned

FEBRUARY = datetime(2026, 2, 1, 0, 30, tzinfo=UTC)
WINE = json_text(["EUR", None, "WINE", None, "1"])


def months(facts: Sequence[Fact[Event]]) -> dict[str, dict[str, Sold]]:
    rows = fold_all(MONTHLY_PURCHASES, facts).values()
    return {row.month: dict(row.sold.value) for row in rows}


def test_a_month_is_that_of_the_purchase_in_utc():
    facts = [bought("a", line("3")), bought("b", line("4"), at=FEBRUARY)]
    assert months(facts) == {
        "2026-01": {WINE: Sold(Decimal(1), Decimal(3))},
        "2026-02": {WINE: Sold(Decimal(1), Decimal(4))},
    }


def test_what_comes_back_comes_back_in_its_own_month():
    facts = [bought("a", line("3")), returned("a", "3", FEBRUARY)]
    assert months(facts) == {
        "2026-01": {WINE: Sold(Decimal(1), Decimal(3))},
        "2026-02": {WINE: Sold(Decimal(-1), Decimal(-3))},
    }


def test_products_are_apart_by_all_that_they_were():
    other = PurchaseLine(sku="1", category="WINE", brand="B", quantity=Decimal(2), amount=Decimal(5))
    assert months([bought("a", line("3"), other, line("1"))]) == {
        "2026-01": {
            WINE: Sold(Decimal(2), Decimal(4)),
            json_text(["EUR", None, "WINE", "B", "1"]): Sold(Decimal(2), Decimal(5)),
        }
    }


def test_nobodys_purchase_is_counted_once_it_is_somebodys():
    lines = (line("3"),)
    unknown = bought("a", *lines, contact_id=None, identifier=CARD)
    found = PurchaseAttributed(
        contact_id=ANNA,
        identifier=CARD,
        purchased_at=AT,
        currency="EUR",
        lines=lines,
        total=Decimal(3),
        returns=(Return(returned_at=FEBRUARY, lines=(back("3"),), total=Decimal(3)),),
    )
    assert months([unknown]) == {}
    assert months([unknown, fact("a", 2, found)]) == {
        "2026-01": {WINE: Sold(Decimal(1), Decimal(3))},
        "2026-02": {WINE: Sold(Decimal(-1), Decimal(-3))},
    }


def test_any_order_gives_the_same():
    facts = [bought("a", line("3")), returned("b", "2", AT), bought("c", line("4"), at=FEBRUARY)]
    assert len({json_text(months(order)) for order in permutations(facts)}) == 1
