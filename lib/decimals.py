"""Decimal numbers as JSON text: no digit is lost on the way, and no float is ever involved."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

WHOLE = 15
"""Digits before the point, at most."""
PLACES = 4
"""Digits after the point, at most."""

_PATTERN = rf"[0-9]{{1,{WHOLE}}}(\.[0-9]{{1,{PLACES}}})?"
_SENTENCE = (
    f"a decimal of zero or more, as text, with at most {WHOLE} digits before the point and {PLACES} after "
    'it, as in "12.50"'
)

_matches = re.compile(_PATTERN).fullmatch


def _read(value: Any) -> Decimal:
    text = _write(value) if isinstance(value, Decimal) else value
    if isinstance(text, str) and _matches(text):
        return value if isinstance(value, Decimal) else Decimal(text)
    raise ValueError(_SENTENCE)


def _write(value: Decimal) -> str:
    return format(value, "f")


# A validator of its own: pydantic's Decimal takes floats, exponents and digits of any script.
Unsigned = Annotated[
    Decimal,
    PlainValidator(_read),
    PlainSerializer(_write, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_PATTERN}$", "examples": ["12.50"]}),
]
"""Zero or more."""
