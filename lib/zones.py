"""Time zones, by their names in the IANA database."""

from __future__ import annotations

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(name: str) -> str:
    if name not in _names():
        raise ValueError("a time zone is a name of the IANA database, as in Europe/Vienna")
    return name


Zone = Annotated[str, Field(max_length=64, examples=["Europe/Vienna"]), AfterValidator(_known)]
