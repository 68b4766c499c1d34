"""A currency is one of the codes that there are."""

import pytest
from pydantic import TypeAdapter, ValidationError

from lib.money import Currency

CURRENCY = TypeAdapter(Currency)


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "HRK"])
def test_a_code_of_iso_4217_is_a_currency_and_so_is_a_withdrawn_one(code: str) -> None:
    assert CURRENCY.validate_python(code) == code


@pytest.mark.parametrize("code", ["EURO", "eur", "XXX", "", "E"])
def test_anything_else_is_no_currency(code: str) -> None:
    with pytest.raises(ValidationError):
        CURRENCY.validate_python(code)
