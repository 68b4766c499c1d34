"""Decimals keep their digits."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lib.decimals import Unsigned

DECIMAL = TypeAdapter[Decimal](Unsigned)


def test_a_decimal_is_written_as_text_with_all_its_digits() -> None:
    assert json.loads(DECIMAL.dump_json(Decimal("12.50"))) == "12.50"


@given(st.decimals(0, 999_999_999, places=2))
def test_every_decimal_survives_the_way_through_json(value: Decimal) -> None:
    written = DECIMAL.dump_json(value)
    assert DECIMAL.validate_json(written) == value
    assert msgspec.json.decode(written, type=Decimal) == value


@pytest.mark.parametrize(
    "value",
    [12.5, 12, True, "-1", "1e3", "1_000", "٣", " 1", "NaN", "Infinity", "1.23456", "1" * 16, "", None],
)
def test_a_decimal_is_plain_text_of_digits(value: object) -> None:
    with pytest.raises(ValidationError, match="a decimal of zero or more, as text"):
        DECIMAL.validate_python(value)
