"""Moments and days, read as RFC 3339 writes them and in no other way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
).fullmatch
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def _time(value: Any) -> datetime:
    if isinstance(value, str) and _TIME(value.upper()):
        value = _read(datetime.fromisoformat, value.upper())
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("a time is written with its zone, as in 2026-11-01T12:00:00Z")
    if not 1 < value.year < 9999:  # in another zone it would be no time at all
        raise ValueError("a time lies in the years 2 to 9998")
    return value


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY(value):
        value = _read(date.fromisoformat, value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day is written as in 2026-11-01")
    return value


def _read(parse: Callable[[str], date], text: str) -> date:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError("there is no such day or time") from error


# Read here, since pydantic's own reading takes numbers as Unix time, in texts too.
Time = Annotated[datetime, BeforeValidator(_time), Field(examples=["2026-11-01T12:00:00Z"])]
"""A moment with its zone."""
Day = Annotated[date, BeforeValidator(_day), Field(examples=["2026-11-01"])]
"""A day of the calendar."""
