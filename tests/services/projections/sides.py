"""Two organisations, and a third, that speak and read at one desk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kernel.web.access import Role
from services.partners.commands import ListOrganisation, ProposeAgreement, RegisterOrganisation, SignAgreement
from services.partners.events.organisation import OrganisationKind
from services.partners.events.terms import Terms
from services.partners.text import digest
from services.projections.partners import agreements, organisations
from services.projections.partners.agreements import ShownAgreement
from tests.services.partners.deciding import terms
from tests.services.projections.desk import ORG, Desk

MAKER = UUID("0c000000-0000-7000-8000-0000000000bb")
STRANGER = UUID("0c000000-0000-7000-8000-0000000000cc")


class Sides:
    """Two organisations and a third at one desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def say(self, org: UUID, command: object, stream: UUID | None = None) -> UUID:
        self.desk.org_id = org
        return await self.desk.say(command, stream)  # type: ignore[arg-type]

    async def listed(self, org: UUID, name: str) -> None:
        await self.say(org, RegisterOrganisation(name=name, kind=OrganisationKind.MANUFACTURER))
        await self.say(org, ListOrganisation(), org)

    async def proposed(self, text: Terms | None = None) -> UUID:
        await self.listed(MAKER, "Maker")
        return await self.say(ORG, ProposeAgreement(counterpart_id=MAKER, terms=text or terms()))

    async def in_force(self, text: Terms | None = None) -> UUID:
        agreement = await self.proposed(text)
        for org in (ORG, MAKER):
            signed = SignAgreement(text_version=1, digest=digest(1, text or terms()))
            await self.say(org, signed, agreement)
        return agreement

    async def shown(self, org: UUID, agreement: UUID, as_of: datetime | None = None) -> ShownAgreement | None:
        self.desk.org_id = org
        found: ShownAgreement | None = await self.desk.ask(
            agreements.ONE, Role.PARTNER_MANAGER, id=agreement, as_of=as_of
        )
        return found

    async def names(self, org: UUID) -> list[str]:
        self.desk.org_id = org
        found = await self.desk.ask(organisations.LIST, Role.PARTNER_MANAGER)
        return [one.name for one in found.organisations]
