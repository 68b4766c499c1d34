"""Money keeps its digits and its currency."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lib.money import MixedCurrencies, Money, total

MONEY = TypeAdapter(Money)
AMOUNTS = st.decimals(-999_999_999, 999_999_999, places=2)


def eur(amount: str) -> Money:
    return MONEY.validate_python({"amount": amount, "currency": "EUR"})


def test_money_is_written_as_text_with_its_currency() -> None:
    assert json.loads(MONEY.dump_json(eur("12.50"))) == {"amount": "12.50", "currency": "EUR"}


@given(AMOUNTS)
def test_every_amount_survives_the_way_through_json(amount: Decimal) -> None:
    written = MONEY.dump_json(Money(amount=amount, currency="EUR"))
    assert MONEY.validate_json(written).amount == amount
    assert msgspec.json.decode(written, type=Money).amount == amount


@pytest.mark.parametrize(
    "amount", [12.5, 12, True, "1e3", "1_000", "٣", " 1", "NaN", "Infinity", "1.23456", "1" * 16, "", None]
)
def test_an_amount_is_plain_decimal_text(amount: object) -> None:
    with pytest.raises(ValidationError, match="a decimal, as text"):
        MONEY.validate_python({"amount": amount, "currency": "EUR"})


@pytest.mark.parametrize("currency", ["EURO", "eur", "XXX", "", "E"])
def test_a_currency_is_a_code_of_iso_4217(currency: str) -> None:
    with pytest.raises(ValidationError):
        MONEY.validate_python({"amount": "1", "currency": currency})


def test_a_sum_keeps_every_digit() -> None:
    assert total("EUR", [eur("0.1"), eur("0.2"), eur("-0.05")]) == eur("0.25")


def test_nothing_sums_to_zero() -> None:
    assert total("EUR", []).amount == 0


def test_two_currencies_have_no_sum() -> None:
    with pytest.raises(MixedCurrencies):
        total("EUR", [eur("1"), Money(amount=Decimal(1), currency="USD")])
