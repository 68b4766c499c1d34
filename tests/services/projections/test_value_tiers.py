"""Where a customer stands among an organisation's value tiers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from services.projections.customers.spending import Month, Spending
from services.projections.customers.value_tiers import months_before, tier_standing
from services.sales.events import ValueTier

TIERS = (
    ValueTier(name="bronze", threshold=Decimal(100)),
    ValueTier(name="gold", threshold=Decimal(1000)),
)


def tier(amount: str, month: str = "2017-06", on: date = date(2017, 12, 31)) -> str | None:
    spending = Spending(months={month: Month(1, Decimal(amount))})
    return tier_standing({"EUR": spending}, "EUR", TIERS, on).tier


@pytest.mark.parametrize(
    ("amount", "name"), [("99.99", None), ("100", "bronze"), ("999.99", "bronze"), ("1000", "gold")]
)
def test_a_tier_begins_at_its_threshold(amount: str, name: str | None) -> None:
    assert tier(amount) == name


@pytest.mark.parametrize(
    ("month", "name"), [("2016-11", None), ("2016-12", "gold"), ("2017-11", "gold"), ("2017-12", None)]
)
def test_only_the_twelve_whole_months_before_count(month: str, name: str | None) -> None:
    assert tier("1000", month) == name


def test_the_months_go_over_the_turn_of_the_year() -> None:
    assert months_before(date(2018, 2, 28))[:2] == ["2017-02", "2017-03"]
    assert months_before(date(2018, 2, 28))[-1] == "2018-01"


def test_other_currencies_do_not_count() -> None:
    spending = Spending(months={"2017-06": Month(1, Decimal(1000))})
    assert tier_standing({"USD": spending}, "EUR", TIERS, date(2017, 12, 31)).tier is None
