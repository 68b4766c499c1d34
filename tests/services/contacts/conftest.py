"""Contacts over a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.commands import Command
from kernel.handling import Answer, Call, Handler
from kernel.settings import Settings
from kernel.web.problems import Problem
from lib.identifiers import Identifier
from services.contacts.app import CONTACT
from services.contacts.commands import RegisterContact
from services.contacts.decider.state import Contact
from services.contacts.events.words import ContactKind, Name


@dataclass
class Office:
    """Two processes that look after the contacts of one organisation."""

    handlers: tuple[Handler, Handler]
    org_id: UUID = field(default_factory=uuid4)

    async def ask(
        self, command: Command, contact: UUID | None = None, process: int = 0, **more: Any
    ) -> Answer:
        call = Call(
            org_id=self.org_id,
            actor="agent",
            command=command,
            stream_id=contact,
            digest=b"",
            correlation_id=uuid4(),
            **more,
        )
        return await self.handlers[process].handle(call)

    async def outcome(self, command: Command, contact: UUID, process: int = 0) -> Answer | Problem:
        try:
            return await self.ask(command, contact, process)
        except Problem as problem:
            return problem

    async def register(self, name: str, *identifiers: Identifier) -> UUID:
        wish = RegisterContact(kind=ContactKind.PERSON, name=Name(given=name), identifiers=identifiers)
        return (await self.ask(wish)).id

    async def contact(self, contact_id: UUID) -> Contact:
        """As the log has it."""
        streams, _ = await self.handlers[0]._streams.load(self.org_id, [contact_id])
        state: Contact = streams[contact_id].state
        return state


@pytest.fixture
async def office(database: Settings) -> AsyncIterator[Office]:
    handlers = [await Handler.open(database, "contacts", [CONTACT]) for _ in range(2)]
    yield Office((handlers[0], handlers[1]))
    for handler in handlers:
        await handler.close()
