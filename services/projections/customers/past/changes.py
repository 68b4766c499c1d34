"""What became different on a customer's page: GET /customers/{id}/changes?from=TIME&to=TIME."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from pydantic import Field

from kernel.taking.arrivals import Arrival
from kernel.web.inquiry import Inquiry
from kernel.web.problems import Problem
from kernel.web.service import Query
from lib.records import Record
from lib.times import Time
from services.projections.customers.page.showing import page
from services.projections.customers.past.cells import Path, cells_of, pointer
from services.projections.customers.past.identity import customer_then, may_see
from services.projections.customers.past.recalling import MADE_OF, PAGE, RECALLED, Recalled, recall
from services.projections.customers.past.told import Shown, ToldEvent, told
from services.projections.customers.roles import OWN
from services.projections.shared.identity import IDENTITY
from services.projections.shared.memory import TOO_MANY, Memory, in_order


class ChangesAsked(Record):
    """A customer between two times, as the log learned of it."""

    id: UUID
    from_: Annotated[Time, Field(alias="from", description="By recorded time.")]
    to: Annotated[Time, Field(description="By recorded time; omitted: now.")] | None = None
    limit: Shown = 50


class ChangedCell(msgspec.Struct, frozen=True):
    """A value of the page that became another one."""

    cell: str
    before: Any
    """Null: nothing."""
    after: Any


class Changes(msgspec.Struct, frozen=True):
    """What is different on the later page, and what happened meanwhile, the latest first."""

    customer_id: UUID
    cells: tuple[ChangedCell, ...]
    count: int
    """Of all events between; so many are told as was asked."""
    events: tuple[ToldEvent, ...]


async def changes(inquiry: Inquiry, params: ChangesAsked) -> Changes | None:
    """None where the caller may see no such contact then, or might not have before."""
    if params.to is not None and params.to < params.from_:
        raise Problem("invalid", "Name a time in from that is not after the one in to.", pointer="/from")
    earlier = await customer_then(inquiry, params.id, params.from_)
    if earlier and not await may_see(inquiry, earlier):
        return None
    after = await recall(inquiry, params.id, params.to)
    if after is None:
        return None
    before = await recall(inquiry, params.id, params.from_) if earlier else None
    events = _since(params.from_, after.arrivals)
    if before:
        events += _since(params.from_, await _of_the_gone(inquiry, params.to, before, after))
    latest_first = in_order(events)[::-1]
    return Changes(
        after.customer.customer_id,
        tuple(_differences(before, after)),
        len(events),
        tuple(told(arrival) for arrival in latest_first[: params.limit]),
    )


def _since(moment: datetime, arrivals: Sequence[Arrival]) -> list[Arrival]:
    return [one for one in arrivals if one.fact and one.fact.envelope.recorded_at > moment]


async def _of_the_gone(
    inquiry: Inquiry, until: datetime | None, before: Recalled, after: Recalled
) -> list[Arrival]:
    """The events of contacts that left the customer, up to where they left."""
    gone = set(before.customer.contacts).difference(after.customer.contacts)
    found: list[Arrival] = []
    memory = Memory(inquiry, until)
    for contact in sorted(gone):
        events = await memory.events(PAGE, [contact])
        left = [n for n, one in enumerate(events) if one.envelope and one.envelope.type in IDENTITY.types]
        found += events[: left[-1] + 1] if left else []
    return found


def _differences(before: Recalled | None, after: Recalled) -> list[ChangedCell]:
    was, now = _cells(before), _cells(after)
    names = sorted(was.keys() | now.keys())
    return [
        ChangedCell(pointer(name), was.get(name), now.get(name))
        for name in names
        if was.get(name) != now.get(name)
    ]


def _cells(recalled: Recalled | None) -> dict[Path, Any]:
    if recalled is None:
        return {}
    return cells_of(page(recalled.known()))


CHANGES = Query(
    method="GET",
    path="/customers/{id}/changes",
    roles=OWN,
    handler=changes,
    views=RECALLED,
    of=MADE_OF,
    params=ChangesAsked,
    answer=Changes,
    summary="What became different on a customer's page between two times",
    moment="to",
    since="from_",
    refusals=(TOO_MANY,),
)
