"""Contacts and purchases through the real handlers, and what came of them in the sales log."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter

from kernel.commands import Command
from kernel.handling.call import Answer, Call
from kernel.handling.handler import Handler
from kernel.log.envelope import Origin
from kernel.settings import Settings
from services.contacts import app as contacts
from services.contacts.commands import AddIdentifier, RegisterContact
from services.sales import app as sales
from services.sales.commands import RecordPurchase
from tests.services.sales.deciding import line

ORG = UUID("0c000000-0000-7000-8000-0000000000aa")


class Shop:
    """One organisation that has customers and sells."""

    def __init__(self, contacts: Handler, sales: Handler, log: asyncpg.Pool, org_id: UUID = ORG) -> None:
        self.contacts, self.sales, self.log, self.org_id = contacts, sales, log, org_id

    async def ask(
        self,
        handler: Handler,
        command: type[Command],
        body: dict[str, Any],
        stream_id: UUID | None = None,
        origin: Origin = "live",
    ) -> Answer:
        wish = TypeAdapter(command).validate_python(body, context=handler.parsing(self.org_id))
        call = Call(
            org_id=self.org_id,
            actor="till",
            command=wish,
            stream_id=stream_id,
            digest=b"",
            correlation_id=uuid4(),
            origin=origin,
            occurred_at=datetime.now(UTC) if origin == "imported" else None,
        )
        return await handler.handle(call)

    async def register(self, *cards: str) -> UUID:
        """A customer with these loyalty cards."""
        identifiers = [{"kind": "loyalty-card", "value": card} for card in cards]
        body = {"kind": "person", "name": {"given": "Anna"}, "identifiers": identifiers}
        return (await self.ask(self.contacts, RegisterContact, body)).id

    async def add(self, contact: UUID, card: str) -> None:
        """The customer gets another card."""
        identifier = {"kind": "loyalty-card", "value": card}
        await self.ask(self.contacts, AddIdentifier, {"identifier": identifier}, contact)

    async def sell(
        self,
        card: str | None = None,
        contact: UUID | None = None,
        origin: Origin = "live",
    ) -> UUID:
        """A basket, paid with a card or by a known customer."""
        body: dict[str, Any] = {"currency": "EUR", "lines": [line()]}
        if card:
            body["identifier"] = {"kind": "loyalty-card", "value": card}
        if contact:
            body["contact_id"] = str(contact)
        return (await self.ask(self.sales, RecordPurchase, body, origin=origin)).id

    async def attributed(self) -> Counter[tuple[UUID, UUID]]:
        """How often each purchase was attributed to each contact."""
        rows = await self.log.fetch("SELECT stream_id, data FROM event WHERE type = 'PurchaseAttributed'")
        found = [(row["stream_id"], UUID(_contact(row["data"]))) for row in rows]
        return Counter(found)

    async def until_attributed(self, expected: Iterable[tuple[UUID, UUID]], seconds: float = 60) -> None:
        """Waits until so many purchases are attributed, then holds that each was, once, to its contact."""
        wanted = Counter(expected)
        async with asyncio.timeout(seconds):
            while (await self.attributed()).total() < wanted.total():  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(0.05)
        assert await self.attributed() == wanted


def _contact(data: bytes) -> str:
    return str(TypeAdapter(dict[str, Any]).validate_json(data)["contact_id"])


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    """A shop whose commands are handled in this process."""
    first = await Handler.open(settings, "contacts", contacts.SERVICE.aggregates)
    second = await Handler.open(settings, "sales", sales.SERVICE.aggregates)
    log = await asyncpg.create_pool(
        settings.dsn["sales_log"], min_size=1, max_size=2, server_settings={"search_path": "sales"}
    )
    try:
        yield Shop(first, second, log)
    finally:
        await log.close()
        await first.close()
        await second.close()
