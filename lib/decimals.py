"""Decimal numbers as JSON text: no digit is lost on the way, and no float is ever involved."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

WHOLE = 15
"""Digits before the point, at most."""
PLACES = 4
"""Digits after the point, at most."""

_UNSIGNED = rf"[0-9]{{1,{WHOLE}}}(\.[0-9]{{1,{PLACES}}})?"


def _reader(pattern: str, sentence: str) -> Callable[[Any], Decimal]:
    matches = re.compile(pattern).fullmatch

    def read(value: Any) -> Decimal:
        text = format(value, "f") if isinstance(value, Decimal) else value
        if isinstance(text, str) and matches(text):
            return value if isinstance(value, Decimal) else Decimal(text)
        raise ValueError(sentence)

    return read


def _write(value: Decimal) -> str:
    return format(value, "f")


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": ["12.50"]})


# A validator of its own: pydantic's Decimal takes floats, exponents and digits of any script.
_LIMITS = f"with at most {WHOLE} digits before the point and {PLACES} after it"
Unsigned = Annotated[
    Decimal,
    PlainValidator(_reader(_UNSIGNED, f'a decimal of zero or more, as text, {_LIMITS}, as in "12.50"')),
    PlainSerializer(_write, return_type=str, when_used="json"),
    _schema(_UNSIGNED),
]
"""Zero or more."""
Signed = Annotated[
    Decimal,
    PlainValidator(_reader(f"-?{_UNSIGNED}", f'a decimal, as text, {_LIMITS}, as in "-12.50"')),
    PlainSerializer(_write, return_type=str, when_used="json"),
    _schema(f"-?{_UNSIGNED}"),
]
