"""How moments and positions are written on the command line."""

from __future__ import annotations

from datetime import datetime

import click
from pydantic import TypeAdapter, ValidationError

from lib.times import Time


class Moment(click.ParamType[datetime]):
    """RFC 3339 with a zone; a day alone is its midnight in UTC."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        text = f"{value}T00:00:00Z" if isinstance(value, str) and len(value) == len("2026-11-01") else value
        try:
            return TypeAdapter(Time).validate_python(text)
        except ValidationError:
            return self.fail(f"{value} is no time such as 2026-11-01T12:00:00Z, nor a day such as 2026-11-01")


class Positions(click.ParamType[tuple[int, int | None]]):
    """`17`, `17..20`, `17..`, `..20`."""

    name = "positions"

    def convert(
        self, value: str | tuple[int, int | None], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int | None]:
        if isinstance(value, tuple):
            return value
        first, dots, last = value.partition("..")
        if all(not one or (one.isdecimal() and len(one) < 19) for one in (first, last)) and value != "..":
            begin = int(first or 1)
            end = int(last) if last else None if dots else begin
            if begin >= 1 and (end is None or end >= begin):
                return begin, end
        return self.fail(f"{value} is no position such as 17, nor a range such as 17..20, 17.. or ..20")
