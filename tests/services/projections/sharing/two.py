"""Two organisations with an agreement, their contacts, and what the gate lets the one see of the other's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from kernel.commands import Command
from kernel.database import read_as
from services.contacts.commands import GiveConsent, RegisterContact, WithdrawConsent
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.words import Address, AddressUse, ContactKind, Name
from services.partners.commands import (
    TERMS,
    ListOrganisation,
    ProposeAgreement,
    RegisterOrganisation,
    SignAgreement,
)
from services.partners.events.organisation import OrganisationKind
from services.partners.events.terms import Terms
from services.partners.text import digest
from services.projections.sharing.shared_customers import VIEWS
from services.sales.commands import RecordPurchase
from services.sales.events import PurchaseLine
from tests.services.partners.deciding import terms
from tests.services.projections.desk import Desk

SHOP = UUID("0c000000-0000-7000-8000-0000000000aa")
MAKER = UUID("0c000000-0000-7000-8000-0000000000bb")
STRANGER = UUID("0c000000-0000-7000-8000-0000000000cc")
PURPOSE = "assortment"
NOW = datetime.now(UTC)

MATCHED = """
INSERT INTO match (agreement_id, org_id, contact_id, other_org_id, other_contact_id,
    customer_id, other_customer_id, version, other_version, grade, probability, evidence)
SELECT $1, $2, $3, $4, $5, one.customer_id, other.customer_id, mine.version, its.version, $6, 1, '[]'
FROM identity__v1 one, identity__v1 other, matchable__v1 mine, matchable__v1 its
WHERE (one.org_id, one.contact_id) = ($2, $3) AND (other.org_id, other.contact_id) = ($4, $5)
    AND (mine.org_id, mine.contact_id) = ($2, $3) AND (its.org_id, its.contact_id) = ($4, $5)
ON CONFLICT (agreement_id, org_id, contact_id) DO UPDATE SET other_contact_id = excluded.other_contact_id,
    customer_id = excluded.customer_id, other_customer_id = excluded.other_customer_id,
    version = excluded.version, other_version = excluded.other_version, grade = excluded.grade"""

CELLS = """
SELECT contact_id, field, name, month, value, quantity, amount, currency
FROM shared_cells($1, $2, $3)"""


def months_ago(count: int) -> datetime:
    """The fifteenth of the month that was so many before this one."""
    months = NOW.year * 12 + NOW.month - 1 - count
    return datetime(months // 12, months % 12 + 1, 15 if count else 1, tzinfo=UTC)


def giving(**changed: Any) -> Terms:
    """A text by which the shop gives its customers' cities, and with other members what is changed."""
    gives = {**TERMS["proposer_gives"], "fields": ["profile.city"], "population": [], **changed}  # type: ignore[dict-item]
    return terms(proposer_gives=gives)


@dataclass
class Two:
    """The shop, which proposed the agreement, and the maker, which reads."""

    desk: Desk
    partner: asyncpg.Pool
    """Signed in as who asks the gate."""
    matcher: asyncpg.Pool

    async def say(self, org: UUID, command: Command, stream: UUID | None = None) -> UUID:
        self.desk.org_id = org
        return await self.desk.say(command, stream)

    async def list_all(self) -> None:
        """Each organisation can be addressed."""
        for org in (SHOP, MAKER, STRANGER):
            await self.say(org, RegisterOrganisation(name=f"{org}", kind=OrganisationKind.RETAILER))
            await self.say(org, ListOrganisation(), org)

    async def agreed(self, text: Terms, other: UUID = MAKER) -> UUID:
        """An agreement in force."""
        agreement = await self.say(SHOP, ProposeAgreement(counterpart_id=other, terms=text))
        for org in (SHOP, other):
            await self.say(org, SignAgreement(text_version=1, digest=digest(1, text)), agreement)
        return agreement

    async def contact(self, org: UUID, city: str = "Graz") -> UUID:
        address = Address(street="Ring 7", postal_code="8010", city=city, country="AT")
        person = RegisterContact(
            kind=ContactKind.PERSON,
            name=Name(given="Anna", family="Gruber"),
            address=address,
            address_use=AddressUse.HOME,
        )
        return await self.say(org, person)

    async def allows(
        self, contact: UUID, purpose: str = PURPOSE, recipient: UUID = MAKER, **more: Any
    ) -> None:
        fields = {"notice_version": 3, "basis": LawfulBasis.CONSENT, "method": ConsentMethod.PAPER, **more}
        given = GiveConsent(
            purpose=purpose, channel=ConsentChannel.DISCLOSURE, recipient_id=recipient, **fields
        )
        await self.say(SHOP, given, contact)

    async def refuses(self, contact: UUID, purpose: str = PURPOSE, recipient: UUID = MAKER) -> None:
        said = WithdrawConsent(
            purpose=purpose,
            channel=ConsentChannel.DISCLOSURE,
            recipient_id=recipient,
            method=ConsentMethod.CALL,
        )
        await self.say(SHOP, said, contact)

    async def bought(self, contact: UUID, ago: int, *lines: PurchaseLine) -> UUID:
        basket = RecordPurchase(contact_id=contact, purchased_at=months_ago(ago), currency="EUR", lines=lines)
        return await self.say(SHOP, basket)

    async def fold(self) -> int:
        """Brings what the gate reads up to what was said."""
        return await self.desk.fold(VIEWS)

    async def matched(
        self, agreement: UUID, mine: UUID, its: UUID, grade: str = "share", reader: UUID = MAKER
    ) -> None:
        """As the matcher would say of the two as they are now."""
        assert not await self.fold()
        await self.matcher.execute(MATCHED, agreement, reader, mine, SHOP, its, grade)

    async def opened(self, text: Terms | None = None, grade: str = "share") -> tuple[UUID, UUID, UUID]:
        """An agreement, and a contact of the maker's that is matched with one of the shop's."""
        agreement = await self.agreed(text or giving())
        mine, its = await self.contact(MAKER), await self.contact(SHOP)
        await self.allows(its)
        await self.matched(agreement, mine, its, grade)
        return agreement, mine, its

    async def cells(
        self, agreement: UUID, asked: Collection[UUID], purpose: str = PURPOSE, reader: UUID = MAKER
    ) -> set[tuple[Any, ...]]:
        """What the gate lets the reader see of these contacts of its own."""
        assert not await self.fold()
        async with read_as(self.partner, reader) as db:
            rows = await db.fetch(CELLS, agreement, purpose, list(asked))
        assert len(rows) == len(set(rows))
        return {tuple(row) for row in rows}


def line(
    maker: str | None, quantity: int = 1, amount: str = "10", brand: str = "Sun", category: str = "FRUIT"
) -> PurchaseLine:
    return PurchaseLine(
        sku=f"{maker}-{brand}",
        brand=brand,
        category=category,
        manufacturer=maker,
        quantity=Decimal(quantity),
        amount=Decimal(amount),
    )
