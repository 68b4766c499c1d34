"""Facts as the reaction that attributes purchases meets them, and what follows from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from kernel.commands import Command
from kernel.log.facts import Event, service_of
from kernel.log.partitions import partition_of
from kernel.reaction.folding import fold, steps, touched
from kernel.reaction.memory import MemoryId
from kernel.reaction.traces import Traces
from kernel.taking.arrivals import Arrival
from kernel.taking.fact import Fact
from lib.identifiers import IdentifierKind
from services.contacts.events import ContactClosed, ContactReopened, IdentifierAdded, IdentifierRemoved
from services.contacts.events.contact import ClosingReason
from services.sales import waiting
from services.sales.commands import AttributePurchase, CallPurchasesUp, SetPurchasesAside
from services.sales.reactions import ATTRIBUTE_PURCHASE, Known
from tests.parcels.log import ORG, enveloped
from tests.services.sales.deciding import NOW, line, recorded

CARD, OTHER = "2900017", "2900018"


def digest(kind: str, value: str) -> str:
    return sha256(f"{kind}/{value}".encode()).hexdigest()[:32]


def fact(stream_id: UUID, version: int, event: Event, second: int = 0) -> Fact[Any]:
    """The event as its reaction meets it, its personal part open."""
    envelope = enveloped(ORG, stream_id, event, version, 1, second)
    partition = partition_of(stream_id)
    return Fact(event, envelope, partition, 1, service_of(type(event)), b"")


def added(contact: UUID, card: str = CARD, version: int = 1, second: int = 0) -> Fact[Any]:
    personal = IdentifierAdded.Personal(value=card)
    event = IdentifierAdded(contact_id=contact, kind=IdentifierKind.LOYALTY_CARD, personal=personal)
    return fact(contact, version, event, second)


def removed(contact: UUID, card: str = CARD, version: int = 2, second: int = 1) -> Fact[Any]:
    personal = IdentifierRemoved.Personal(value=card)
    event = IdentifierRemoved(contact_id=contact, kind=IdentifierKind.LOYALTY_CARD, personal=personal)
    return fact(contact, version, event, second)


def closed(contact: UUID, version: int = 3, second: int = 1) -> Fact[Any]:
    return fact(contact, version, ContactClosed(contact_id=contact, reason=ClosingReason.OTHER), second)


def reopened(contact: UUID, version: int = 4, second: int = 2) -> Fact[Any]:
    return fact(contact, version, ContactReopened(contact_id=contact), second)


def bought(number: int, card: str | None = CARD, contact: UUID | None = None) -> Fact[Any]:
    identifier = {"kind": "loyalty-card", "digest": digest("loyalty-card", card)} if card else None
    (event,) = recorded(line(), identifier=identifier, contact_id=contact and str(contact))
    return fact(uuid5(ORG, f"purchase {number}"), 1, event)


def issued(facts: Iterable[Fact[Any]], soon: bool = False) -> list[tuple[UUID, UUID]]:
    """Which purchases become whose, as the kernel folds it; own facts are heard soon, or after all others."""
    coming, taken = deque(facts), Taken()
    while coming:
        for command, stream_id in taken.take(coming.popleft()):
            later = taken.carry_out(command, stream_id)
            if soon:
                coming.extendleft(reversed(later))
            else:
                coming.extend(later)
    return taken.attributed


@dataclass
class Taken:
    """What the reaction remembers and sales holds, one fact after another."""

    memories: dict[MemoryId, Known] = field(default_factory=dict)
    traces: Traces = field(default_factory=dict)
    streams: dict[UUID, list[Event]] = field(default_factory=dict)
    attributed: list[tuple[UUID, UUID]] = field(default_factory=list)

    def take(self, one: Fact[Any]) -> list[tuple[Command, UUID]]:
        """The commands that follow, with their streams."""
        arrival = Arrival(one.service, 1, one.partition, 0, b"", one.envelope, fact=one)
        found = steps(ATTRIBUTE_PURCHASE, [arrival], in_bytes)
        before = {
            row: self.memories.get(row, Known()) for row in touched(ATTRIBUTE_PURCHASE, found, self.traces)
        }
        folded = fold(ATTRIBUTE_PURCHASE, found, before, self.traces, set(), lambda _arrival: True)
        assert not folded.parked
        self.memories |= folded.memories
        self.traces = {**self.traces, **folded.traces}
        return [(each.issue.command, each.issue.stream_id) for each in folded.decided]

    def carry_out(self, command: Command, stream_id: UUID) -> list[Fact[Any]]:
        """The facts about purchases that wait; who is attributed to whom is written down."""
        if isinstance(command, AttributePurchase):
            self.attributed.append((stream_id, command.contact_id))
            return []
        assert isinstance(command, SetPurchasesAside | CallPurchasesUp)
        events = self.streams.setdefault(stream_id, [])
        made = waiting.decide(command, reduce(waiting.evolve, events, waiting.initial(ORG, stream_id)), NOW)  # type: ignore[arg-type]
        events += made
        return [fact(stream_id, version, event) for version, event in enumerate(events, 1) if event in made]


def in_bytes(_org: UUID, kind: str, value: str) -> bytes:
    return bytes.fromhex(digest(kind, value))
