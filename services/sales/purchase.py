"""How purchases are decided: recorded, returned, attributed. Pure: no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import assert_never
from uuid import UUID

from kernel import clocks
from kernel.commands import Rejected
from kernel.log.facts import Event
from lib.decimals import WHOLE
from services.sales.commands import AttributePurchase, RecordPurchase, ReturnPurchase
from services.sales.events import PurchaseAttributed, PurchaseRecorded, PurchaseReturned, Return
from services.sales.returning import come_back

MOST_RETURNS = 20
"""Of one purchase; what is attributed later carries them all."""
MOST_PAID = 10**WHOLE
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

PurchaseCommand = RecordPurchase | ReturnPurchase | AttributePurchase
PurchaseEvent = PurchaseRecorded | PurchaseReturned | PurchaseAttributed


@dataclass(frozen=True, slots=True)
class Purchase:
    """A basket, whose it is as far as known, and what came back of it."""

    recorded: PurchaseRecorded | None = None
    contact_id: UUID | None = None
    returns: tuple[Return, ...] = ()


def initial(_org_id: UUID, _stream_id: UUID) -> Purchase:
    """Nothing was bought yet."""
    return Purchase()


def evolve(purchase: Purchase, event: PurchaseEvent) -> Purchase:
    """The purchase after the event."""
    match event:
        case PurchaseRecorded():
            return replace(purchase, recorded=event, contact_id=event.contact_id)
        case PurchaseReturned():
            one = Return(returned_at=event.returned_at, lines=event.lines, total=event.total)
            return replace(purchase, returns=(*purchase.returns, one))
        case PurchaseAttributed():
            return replace(purchase, contact_id=event.contact_id)
        case _:
            assert_never(event)


def decide(command: PurchaseCommand, purchase: Purchase, now: datetime) -> list[Event]:
    """The facts that the wish makes."""
    match command:
        case RecordPurchase():
            return record(command, now)
        case ReturnPurchase():
            return give_back(command, purchase, bought(purchase), now)
        case AttributePurchase():
            return attribute(command, purchase, bought(purchase))
        case _:
            assert_never(command)


def claims(purchase: Purchase) -> frozenset[tuple[str, str]]:
    """A purchase holds its external number. (A source has no slash.)"""
    ref = purchase.recorded.external_ref if purchase.recorded else None
    return frozenset([("external-ref", f"{ref.source}/{ref.number}")]) if ref else frozenset()


def bought(purchase: Purchase) -> PurchaseRecorded:
    """What was bought; only a purchase that was recorded can be asked for anything else."""
    if purchase.recorded is None:
        raise Rejected("not-recorded", "This purchase has not been recorded.")
    return purchase.recorded


def record(command: RecordPurchase, now: datetime) -> list[Event]:
    """Any basket is a purchase: lines without quantity, and a total of zero, too."""
    total = sum((line.amount for line in command.lines), Decimal(0))
    if total >= MOST_PAID:
        raise Rejected("too-much", f"A purchase comes to less than {MOST_PAID}.", "/lines")
    return [
        PurchaseRecorded(
            contact_id=command.contact_id,
            identifier=command.identifier,
            external_ref=command.external_ref,
            purchased_at=happened(command.purchased_at, now, "/purchased_at"),
            store=command.store,
            currency=command.currency,
            lines=command.lines,
            total=total,
        )
    ]


def happened(at: datetime | None, now: datetime, pointer: str) -> datetime:
    """When it happened, by the till's clock; omitted: now."""
    if at is not None and at < EARLIEST:
        raise Rejected("time-unfit", "A purchase was not made before 1900.", pointer)
    return clocks.happened(at, now, pointer)


def give_back(
    command: ReturnPurchase, purchase: Purchase, recorded: PurchaseRecorded, now: datetime
) -> list[Event]:
    """Lines come back, never more than was bought."""
    returned_at = happened(command.returned_at, now, "/returned_at")
    if returned_at < recorded.purchased_at:
        raise Rejected("not-yet-bought", "Nothing comes back before it was bought.", "/returned_at")
    lines = come_back(recorded.lines, purchase.returns, command.lines)
    if not lines:
        return []
    if len(purchase.returns) == MOST_RETURNS:
        raise Rejected("too-many-returns", f"A purchase comes back in at most {MOST_RETURNS} parts.")
    return [
        PurchaseReturned(
            contact_id=purchase.contact_id,
            returned_at=returned_at,
            currency=recorded.currency,
            lines=lines,
            total=sum((line.amount for line in lines), Decimal(0)),
        )
    ]


def attribute(command: AttributePurchase, purchase: Purchase, recorded: PurchaseRecorded) -> list[Event]:
    """The purchase becomes the contact's whose identifier it names; for good."""
    if purchase.contact_id == command.contact_id:
        return []
    if purchase.contact_id is not None:
        raise Rejected("already-attributed", "The purchase is another contact's.")
    if recorded.identifier is None:
        raise Rejected("no-identifier", "The purchase names no identifier.")
    return [
        PurchaseAttributed(
            contact_id=command.contact_id,
            identifier=recorded.identifier,
            purchased_at=recorded.purchased_at,
            store=recorded.store,
            currency=recorded.currency,
            lines=recorded.lines,
            total=recorded.total,
            returns=purchase.returns,
        )
    ]
