"""What comes back is never more than was bought."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.sales.commands import ReturnPurchase
from services.sales.events import PurchaseReturned
from services.sales.purchase import MOST_RETURNS
from tests.services.sales.deciding import ANNA, NOW, line, recorded, rejected, when, wish


def returning(*lines: dict[str, Any], given: list[Event]) -> list[Event]:
    return when(wish(ReturnPurchase, lines=list(lines)), given)


def paid_back(facts: list[Event]) -> Decimal:
    (fact,) = facts
    assert isinstance(fact, PurchaseReturned)
    return fact.total


def test_everything_comes_back_when_nothing_is_named() -> None:
    given = recorded(line("2", "5.00"), line("0", "1.00"), contact_id=str(ANNA))
    facts = when(wish(ReturnPurchase), given)
    assert paid_back(facts) == Decimal("6.00")
    assert facts[0].subjects() == (ANNA,)


def test_returning_everything_again_does_nothing() -> None:
    given = recorded(line("2", "5.00"), line("0", "1.00"), line("0", "0"))
    assert when(wish(ReturnPurchase), given + when(wish(ReturnPurchase), given)) == []


def test_a_part_of_a_line_is_paid_back_in_proportion() -> None:
    facts = returning({"number": 1, "quantity": "1"}, given=recorded(line("3", "10.00")))
    assert paid_back(facts) == Decimal("3.33")


def test_the_last_unit_takes_what_rounding_left() -> None:
    given = recorded(line("3", "10.00"))
    for expected in ("3.33", "3.33", "3.34"):
        facts = returning({"number": 1, "quantity": "1"}, given=given)
        assert paid_back(facts) == Decimal(expected)
        given = given + facts


def test_more_than_was_bought_cannot_come_back() -> None:
    with rejected("more-than-bought", "/lines/0/quantity"):
        returning({"number": 1, "quantity": "2.5"}, given=recorded(line("2")))


def test_a_line_named_twice_is_counted_once() -> None:
    with rejected("more-than-bought", "/lines/1/quantity"):
        returning({"number": 1, "quantity": "1"}, {"number": 1, "quantity": "1"}, given=recorded(line("1")))


def test_more_than_was_paid_cannot_be_paid_back() -> None:
    with rejected("more-than-paid", "/lines/0/amount"):
        returning({"number": 1, "quantity": "1", "amount": "10.01"}, given=recorded(line("1", "10.00")))


def test_a_fee_kept_on_the_goods_is_not_paid_back_later() -> None:
    given = recorded(line("1", "10.00"))
    given += returning({"number": 1, "quantity": "1", "amount": "8.00"}, given=given)
    assert when(wish(ReturnPurchase), given) == []


def test_a_line_that_was_not_bought_cannot_come_back() -> None:
    with rejected("no-such-line", "/lines/0/number"):
        returning({"number": 2, "quantity": "1"}, given=recorded(line()))


@pytest.mark.parametrize(("count", "sentence"), [(1, "has one line."), (2, "has 2 lines.")])
def test_a_refusal_counts_the_lines_of_the_purchase(count: int, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        returning({"number": 7, "quantity": "1"}, given=recorded(*[line()] * count))


def test_nothing_comes_back_before_it_was_bought() -> None:
    with rejected("not-yet-bought", "/returned_at"):
        when(wish(ReturnPurchase, returned_at=(NOW - timedelta(days=1)).isoformat()), recorded())


def test_a_purchase_comes_back_in_a_limited_number_of_parts() -> None:
    given = recorded(line("100"))
    for _ in range(MOST_RETURNS):
        given = given + returning({"number": 1, "quantity": "1"}, given=given)
    with rejected("too-many-returns"):
        returning({"number": 1, "quantity": "1"}, given=given)


AMOUNTS = st.decimals(0, 1000, places=2)
QUANTITIES = st.decimals(0, 50, places=1)


@for_all(
    st.lists(st.tuples(QUANTITIES, AMOUNTS), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(1, 3), QUANTITIES), max_size=10),
)
def test_whatever_comes_back_in_parts_adds_up_to_what_was_bought(
    lines: list[tuple[Decimal, Decimal]], parts: list[tuple[int, Decimal]]
) -> None:
    given = recorded(*[line(str(quantity), str(amount)) for quantity, amount in lines])
    left = [quantity for quantity, _ in lines]
    for number, wished in parts:
        if number <= len(left):
            quantity = min(wished, left[number - 1])
            left[number - 1] -= quantity
            given = given + returning({"number": number, "quantity": str(quantity)}, given=given)
    given = given + when(wish(ReturnPurchase), given)
    back = [fact for fact in given if isinstance(fact, PurchaseReturned)]
    assert sum(fact.total for fact in back) == sum(amount for _, amount in lines)
    assert sum(part.quantity for fact in back for part in fact.lines) == sum(units for units, _ in lines)
