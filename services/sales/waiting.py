"""How purchases that wait for one identifier are set aside and called up, some at a time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from kernel.log.facts import Event
from services.sales.commands import CallPurchasesUp, SetPurchasesAside
from services.sales.events import PurchasesCalledUp, PurchasesSetAside


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some purchases that wait for an identifier."""

    set_aside: PurchasesSetAside | None = None
    called_up: bool = False


def initial(_org_id: UUID, _stream_id: UUID) -> Waiting:
    """None were set aside yet."""
    return Waiting()


def stream_for(org_id: UUID, purchases: Sequence[UUID]) -> UUID:
    """A purchase is set aside once, so the first tells these from all others."""
    return uuid5(org_id, f"waiting-purchases/{purchases[0]}")


def stream_of(org_id: UUID, command: SetPurchasesAside) -> UUID:
    """One stream for the purchases of one command."""
    return stream_for(org_id, command.purchases)


def evolve(waiting: Waiting, event: PurchasesSetAside | PurchasesCalledUp) -> Waiting:
    """The purchases after the event."""
    match event:
        case PurchasesSetAside():
            return Waiting(set_aside=event)
        case PurchasesCalledUp():
            return replace(waiting, called_up=True)
        case _:
            assert_never(event)


def decide(command: SetPurchasesAside | CallPurchasesUp, waiting: Waiting, _now: datetime) -> list[Event]:
    """Each happens once; what is repeated does nothing."""
    match command:
        case SetPurchasesAside():
            return set_aside(command, waiting)
        case CallPurchasesUp():
            return call_up(command, waiting)
        case _:
            assert_never(command)


def set_aside(command: SetPurchasesAside, waiting: Waiting) -> list[Event]:
    """They wait until they are called up."""
    if waiting.set_aside is not None:
        return []
    return [
        PurchasesSetAside(identifier=command.identifier, purchases=command.purchases, earlier=command.earlier)
    ]


def call_up(command: CallPurchasesUp, waiting: Waiting) -> list[Event]:
    """All of them, for the contact that has the identifier first; for good."""
    if waiting.set_aside is None or waiting.called_up:
        return []
    return [
        PurchasesCalledUp(
            contact_id=command.contact_id,
            identifier=waiting.set_aside.identifier,
            purchases=waiting.set_aside.purchases,
            earlier=waiting.set_aside.earlier,
        )
    ]
