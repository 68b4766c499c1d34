"""Two organisations whose contacts are matched: what the process does, without the process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import asyncpg

from kernel.ids import new_id
from kernel.log.lease import Lease
from lib.identifiers import Identifier, IdentifierKind
from services.contacts.commands import MergeContact, RegisterContact, VerifyIdentifier
from services.contacts.events.words import ContactKind, Name
from services.projections.matcher.leading import Matching
from tests.services.projections.desk import ORG
from tests.services.projections.sides import MAKER, Sides


class Row(NamedTuple):
    """A match as one side has it."""

    org: UUID
    contact: UUID
    other: UUID
    versions: tuple[int, int]
    evidence: tuple[str, ...]


def email(text: str) -> Identifier:
    return Identifier(kind=IdentifierKind.EMAIL, value=text)


class Meeting:
    """`say` as in Sides; `matches` and `blocked` once all was taken and matched."""

    def __init__(self, sides: Sides, pool: asyncpg.Pool, matching: Matching, lease: Lease) -> None:
        self.sides, self.pool, self.matching, self.lease = sides, pool, matching, lease
        self.say = sides.say

    async def known(self, org: UUID, *identifiers: Identifier) -> UUID:
        """A contact that has verified these."""
        name = Name(given="Anna", family="Gruber")
        contact = await self.say(org, RegisterContact(kind=ContactKind.PERSON, name=name))
        for identifier in identifiers:
            await self.say(org, VerifyIdentifier(identifier=identifier), contact)
        return contact

    async def both(self, *identifiers: Identifier) -> tuple[UUID, UUID]:
        """The same for each of the two."""
        return await self.known(ORG, *identifiers), await self.known(MAKER, *identifiers)

    async def merged(self, org: UUID, survivor: UUID, other: UUID) -> UUID:
        merge = new_id()
        await self.say(org, MergeContact(other_id=other, merge_id=merge), survivor)
        return merge

    async def settled(self) -> None:
        """All that was said is in the views, and matched."""
        assert not await self.sides.desk.fold()
        while await self.matching.step(self.lease):
            pass

    async def matches(self, *orgs: UUID) -> list[Row]:
        """Of these organisations, or of both."""
        await self.settled()
        return [row for row in await self.stored() if row.org in (orgs or (ORG, MAKER))]

    async def stored(self) -> list[Row]:
        found = await self.pool.fetch("SELECT * FROM match ORDER BY org_id, contact_id")
        return [
            Row(
                one["org_id"],
                one["contact_id"],
                one["other_contact_id"],
                (one["version"], one["other_version"]),
                tuple(one["evidence"]),
            )
            for one in found
        ]

    async def pairs(self) -> set[tuple[UUID, UUID]]:
        """Own contact and the other's, for ORG."""
        return {(row.contact, row.other) for row in await self.matches(ORG)}

    async def blocked(self) -> set[UUID]:
        await self.settled()
        return {row["contact_id"] for row in await self.pool.fetch("SELECT contact_id FROM blocked_match")}

    async def left(self, tables: Iterable[str]) -> dict[str, int]:
        """How many rows there are."""
        await self.settled()
        return {table: await self.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
