"""Any basket is a purchase."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kernel.log.facts import decode, encode
from services.sales import purchase
from services.sales.commands import RecordPurchase
from services.sales.events import MOST_LINES, PurchaseRecorded
from tests.services.sales.deciding import ANNA, CARD, NOW, line, recorded, rejected, state, when, wish


def test_the_total_is_the_sum_of_the_lines_after_discounts() -> None:
    (fact,) = recorded(
        line(amount="1.49", discounts=[{"kind": "loyalty", "amount": "1"}]), line(amount="2.01")
    )
    assert isinstance(fact, PurchaseRecorded)
    assert fact.total == Decimal("3.50")


def test_lines_without_quantity_and_a_total_of_zero_are_a_purchase() -> None:
    (fact,) = recorded(line(quantity="0", amount="0"))
    assert isinstance(fact, PurchaseRecorded)
    assert fact.total == 0


def test_a_purchase_carries_the_product_as_it_was() -> None:
    (fact,) = recorded(line(brand="National", category="FRZN ICE", manufacturer="2"))
    assert isinstance(fact, PurchaseRecorded)
    assert (fact.lines[0].brand, fact.lines[0].category, fact.lines[0].manufacturer) == (
        "National",
        "FRZN ICE",
        "2",
    )


def test_a_purchase_speaks_of_its_contact_and_of_nobody_else() -> None:
    assert recorded(contact_id=str(ANNA))[0].subjects() == (ANNA,)
    assert recorded(identifier=CARD)[0].subjects() == ()


def test_a_purchase_without_a_time_was_made_now() -> None:
    (fact,) = recorded()
    assert isinstance(fact, PurchaseRecorded)
    assert fact.purchased_at == NOW


@pytest.mark.parametrize(
    "field",
    [
        {"store": "\n"},
        {"store": "12\x07"},
        {"external_ref": {"source": "till", "number": "\u202e4711"}},
        {"lines": [line(sku="4711\u200f")]},
        {"lines": [line(name="Ban\x00anas")]},
        {"lines": [line(brand="Nat\nional")]},
        {"lines": [line(category="  ")]},
    ],
)
def test_words_and_numbers_hold_no_control_characters(field: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="characters"):
        wish(RecordPurchase, **{"currency": "EUR", "lines": [line()], **field})


@pytest.mark.parametrize(
    ("at", "code"),
    [((NOW + timedelta(days=1)).isoformat(), "in-the-future"), ("1899-12-31T00:00:00Z", "time-unfit")],
)
def test_a_purchase_of_tomorrow_or_of_another_age_is_refused(at: str, code: str) -> None:
    with rejected(code, "/purchased_at"):
        recorded(purchased_at=at)


def test_a_total_with_more_digits_than_an_amount_may_have_is_refused() -> None:
    with rejected("too-much", "/lines"):
        recorded(line(amount="9" * 15), line(amount="1"))


def test_a_purchase_claims_its_external_number() -> None:
    given = recorded(external_ref={"source": "till", "number": "a/1"})
    assert purchase.claims(state(given)) == {("external-ref", "till/a/1")}
    assert purchase.claims(state(recorded())) == frozenset()


def test_a_basket_has_one_to_250_lines() -> None:
    assert recorded(*[line()] * MOST_LINES)
    for lines in ([], [line()] * (MOST_LINES + 1)):
        with pytest.raises(ValidationError):
            wish(RecordPurchase, currency="EUR", lines=lines)


@pytest.mark.parametrize("bad", [{"amount": "-1"}, {"quantity": "-1"}, {"amount": 1.5}, {"price": "1"}])
def test_a_line_is_refused_when_it_is_negative_inexact_or_has_unknown_fields(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        wish(RecordPurchase, currency="EUR", lines=[{**line(), **bad}])


def test_every_purchase_survives_being_written_and_read() -> None:
    (fact,) = recorded(line(discounts=[{"kind": "coupon", "amount": "1"}]), identifier=CARD, store="367")
    assert decode(PurchaseRecorded, 1, *encode(fact)) == fact


def test_every_example_is_a_purchase() -> None:
    for example in RecordPurchase.examples:
        command = RecordPurchase.__pydantic_validator__.validate_python(  # type: ignore[attr-defined]
            example, context={"digest": lambda kind, value: bytes(16)}
        )
        assert when(command)
