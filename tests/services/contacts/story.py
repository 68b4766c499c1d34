"""Stories of one contact and of several: given facts, when a wish, then facts or a refusal. No server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from uuid import UUID, uuid5

import pytest

from kernel.commands import Command, Rejected
from kernel.log.facts import Event
from services.contacts.commands import RegisterContact
from services.contacts.decider import decide, decide_many, evolve, touches
from services.contacts.decider.state import Contact
from services.contacts.events import ContactClosed, ContactRegistered
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import ContactKind, Name

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANNA = UUID("0192d4f0-0000-7000-8000-00000000a22a")
ANNA_REGISTERED = ContactRegistered(
    contact_id=ANNA,
    kind=ContactKind.PERSON,
    personal=ContactRegistered.Personal(name=Name(given="Anna", family="Gruber")),
)
COMPANY_REGISTERED = ContactRegistered(
    contact_id=ANNA,
    kind=ContactKind.COMPANY,
    personal=ContactRegistered.Personal(name=Name(company="Gruber GmbH")),
)
CLOSED = ContactClosed(contact_id=ANNA, reason=ClosingReason.GONE)


def after(*events: Event) -> Contact:
    """Anna after these facts."""
    return reduce(evolve, events, Contact(ANNA))  # type: ignore[arg-type]


def when(command: Command, given: Sequence[Event] = (ANNA_REGISTERED,), now: datetime = NOW) -> list[Event]:
    """What a wish about Anna makes."""
    return decide(command, after(*given), now)


@contextmanager
def rejected(code: str) -> Iterator[None]:
    with pytest.raises(Rejected) as refusal:
        yield
    assert refusal.value.code == code


@dataclass
class Town:
    """Several contacts; a wish is carried out as the kernel does it, streams and all."""

    contacts: dict[UUID, Contact] = field(default_factory=dict)
    log: list[tuple[UUID, Event]] = field(default_factory=list)

    def register(self, name: str, kind: ContactKind = ContactKind.PERSON) -> UUID:
        contact_id = uuid5(ANNA, name)
        self.contacts[contact_id] = Contact(contact_id)
        whole = Name(given=name) if kind is ContactKind.PERSON else Name(company=name)
        self.carry_out(RegisterContact(kind=kind, name=whole), contact_id)
        return contact_id

    def carry_out(self, command: Command, target: UUID) -> Mapping[UUID, list[Event]]:
        if command.spans:
            decided = decide_many(command, target, self._seen(command, target), NOW)
        else:
            decided = {target: decide(command, self.contacts[target], NOW)}
        for contact_id, events in decided.items():
            for event in events:
                self.contacts[contact_id] = evolve(self.contacts[contact_id], event)  # type: ignore[arg-type]
                self.log.append((contact_id, event))
        return {contact_id: events for contact_id, events in decided.items() if events}

    def _seen(self, command: Command, target: UUID) -> dict[UUID, Contact]:
        """Nothing but what the decider asked for."""
        seen = {target: self.contacts[target]}
        asked = {target}
        while missing := touches(command, target, seen) - asked:
            seen |= {contact: self.contacts[contact] for contact in missing if contact in self.contacts}
            asked |= missing
        return seen

    def customers(self) -> dict[UUID, UUID]:
        return {contact_id: contact.customer for contact_id, contact in self.contacts.items()}
