"""Which events made a value of a customer's page: GET /customers/{id}/explain?cell=NAME.

The events of all contacts that are the customer are folded one by one, as if they had always been one
customer; each at which the cell changed is named.
"""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from kernel.taking.arrivals import Arrival
from kernel.view.history.past import Past
from kernel.web.inquiry import Inquiry, Later
from kernel.web.problems import Problem, unavailable
from kernel.web.service import Query
from lib.records import Record
from services.projections.customers.page.query import TierDay
from services.projections.customers.page.showing import SECTIONS
from services.projections.customers.past import cells
from services.projections.customers.past.cells import Path
from services.projections.customers.past.narrowing import folded_for
from services.projections.customers.past.recalling import MADE_OF, RECALLED, Recalled, recall
from services.projections.customers.past.told import Shown, ToldEvent, told
from services.projections.customers.roles import OWN
from services.projections.shared.identity import IDENTITY
from services.projections.shared.memory import TOO_MANY
from services.projections.shared.moments import AsOf

NO_CELL = "no-such-cell"
MANY = 1_000
"""Events that take a while to be folded one by one."""
GROWING = {"purchases": 2, "relations": 9}
"""Cells with fewer steps than so many grow with each event, and so would the time for the next: of more
events they are not explained."""
LONG_ONES = Semaphore(2)
"""Explanations of more that are made at once in this process; the next one is told to come again."""


class CellAsked(Record):
    """A value of a customer's page."""

    id: UUID
    cell: Annotated[
        str,
        Field(
            max_length=500,
            examples=["/interactions/count", "/preferences/language", "/purchases/EUR/net"],
            description=(
                "A JSON pointer into the page. In place of an element's number it may say which one: a "
                "contact's id, a currency, `marketing:mail:own` for a consent, "
                "`works-for:outward:<id>` for a relation."
            ),
        ),
    ]
    on: TierDay | None = None
    """As the page takes it."""
    as_of: AsOf | None = None
    limit: Shown = 50


class Step(msgspec.Struct, frozen=True):
    """An event that changed the cell."""

    event: ToldEvent
    before: Any
    """Null: nothing."""
    after: Any
    made_it: bool
    """Whether the value has been what it is since this event."""


class Explanation(msgspec.Struct, frozen=True):
    """A value, and the events that made it, the latest first."""

    customer_id: UUID
    cell: str
    """By what it is called as others come and go."""
    value: Any
    count: int
    """Of all events that changed it; so many are told as was asked."""
    events: tuple[Step, ...]


async def explain(inquiry: Inquiry, params: CellAsked) -> Later | None:
    """None where the caller may see no such contact; 422 `no-such-cell`; of many events perhaps 503."""
    name, *rest = cells.path_of(params.cell)
    if name not in SECTIONS:
        raise no_cell([f"/{each}" for each in SECTIONS])
    recalled = await recall(inquiry, params.id, params.as_of, params.on, [name], once=True)
    if recalled is None:
        return None
    if len(recalled.arrivals) > MANY and len(rest) < GROWING.get(name, 0):
        raise Problem(
            TOO_MANY,
            f"Of more than {MANY:,} events this is not explained: ask for an earlier time, or of purchases "
            "for a cell, as /purchases/EUR/net.",
            pointer="/cell",
        )
    return Later(partial(_explained, name, params, tuple(rest), recalled))


async def _explained(name: str, params: CellAsked, rest: Path, recalled: Recalled) -> Explanation:
    if len(recalled.arrivals) <= MANY:
        return await asyncio.to_thread(_explanation, name, params, rest, recalled)
    if LONG_ONES.locked():
        raise unavailable("Others are having as much explained: ask again in a moment.")
    async with LONG_ONES:
        return await asyncio.to_thread(_explanation, name, params, rest, recalled)


def _explanation(name: str, params: CellAsked, rest: Path, recalled: Recalled) -> Explanation:
    value = _section(name, params.id, recalled, recalled.past)
    steps = cells.named(name, value, rest)
    found, was_there = _steps(name, params.id, steps, recalled)
    if not was_there:
        raise no_cell(sorted(cells.pointer(path) for path, _ in cells.cells(name, value)))
    shown = [
        Step(told(arrival), before, after, number == 0)
        for number, (arrival, before, after) in enumerate(found[::-1][: params.limit])
    ]
    cell = cells.pointer((name, *steps))
    return Explanation(recalled.customer.customer_id, cell, cells.at(value, steps), len(found), tuple(shown))


def _steps(
    name: str, contact_id: UUID, steps: Path, recalled: Recalled
) -> tuple[Sequence[tuple[Arrival, Any, Any]], bool]:
    """Each event at which the cell changed, with what it was before and after; whether it was ever there."""
    past, before, found = Past(folded_for(name, steps, recalled.on), recalled.past.aside), None, []
    was_there = cells.is_there(_section(name, contact_id, recalled, recalled.past), steps)
    for arrival in recalled.arrivals:
        past.take([arrival])
        value = _section(name, contact_id, recalled, past)
        after = cells.at(value, steps)
        if after != before:
            found.append((arrival, before, after))
            before, was_there = after, True
    return found, was_there


def _section(name: str, contact_id: UUID, recalled: Recalled, past: Past) -> Any:
    """The section as it was; whose the asked contact was, too."""
    if name == "customer_id":
        row = past.rows(IDENTITY, [(contact_id,)]).get((contact_id,))
        return str(row.customer_id) if row else None
    return cells.section(name, SECTIONS[name].show(recalled.known(past)))


def no_cell(there: Sequence[str]) -> Problem:
    return Problem(
        NO_CELL,
        "The customer's page has no such cell; `cells` has those that are there.",
        pointer="/cell",
        members={"cells": list(there)},
    )


EXPLAIN = Query(
    method="GET",
    path="/customers/{id}/explain",
    roles=OWN,
    handler=explain,
    views=RECALLED,
    of=MADE_OF,
    params=CellAsked,
    answer=Explanation,
    summary="Which events made a value of a customer's page",
    moment="as_of",
    refusals=(TOO_MANY, NO_CELL),
)
