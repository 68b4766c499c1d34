"""How an operator names one thing that is parked: `17` in the views' schema, `sales:17` in a service's."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from kernel.settings import SERVICES
from ops.pools import VIEWS_SCHEMA

_NUMBER = re.compile(r"(?:([a-z]+)(-command)?:)?([0-9]{1,18})")


@dataclass(frozen=True)
class Number:
    """One event, or one command of a reaction that its service could not carry out."""

    where: str
    seq: int
    command: bool = False

    def __str__(self) -> str:
        if self.where == VIEWS_SCHEMA:
            return str(self.seq)
        return f"{self.where}{'-command' if self.command else ''}:{self.seq}"


class NumberParam(click.ParamType[Number]):
    """Reads what `parked list` shows."""

    name = "number"

    def convert(
        self, value: str | Number, param: click.Parameter | None, ctx: click.Context | None
    ) -> Number:
        if isinstance(value, Number):
            return value
        found = _NUMBER.fullmatch(value)
        if found is None or found[1] not in (None, *SERVICES):
            self.fail(f"{value} is no number as `parked list` shows them: 17, sales:17, sales-command:17")
        return Number(found[1] or VIEWS_SCHEMA, int(found[3]), bool(found[2]))
