"""Two organisations agree over HTTP; the matcher finds whom both know, and what of them is shared one reads.

With the agreement it is forgotten, and without the customer's consent it is not told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kernel.database import connect_pool
from ops.local import ports
from services.partners.commands import TERMS
from tests.conftest import Processes
from tests.journeys.town import Town
from tests.waiting import until

EMAIL = {"identifier": {"kind": "email", "value": "anna@mail.example"}}
GIVEN = {"purposes": ["assortment"], "fields": ["profile.family-name"], "depth_months": 1}
NAME_ALONE = {
    "proposer_gives": {**GIVEN, "retention_days": 90, "notice_version": 3},
    "ends_at": TERMS["ends_at"],
}


@dataclass
class Partners:
    """A shop and a maker in one town, and the rows of their matches."""

    shop: Town
    maker: Town
    matches: asyncpg.Pool
    reader: str
    """A token of somebody of the maker's who reads what is shared."""

    async def agreement(self, terms: Mapping[str, Any] = TERMS) -> str:
        for each, kind in ((self.shop, "retailer"), (self.maker, "manufacturer")):
            await each.command("partners", "/organisations", {"name": f"A {kind}", "kind": kind})
            await each.command("partners", f"/organisations/{each.org_id}/list-organisation", {})
        wish = {"counterpart_id": str(self.maker.org_id), "terms": terms}
        agreement = await self.shop.command("partners", "/agreements", wish)
        text = (await self.shop.question(f"/agreements/{agreement}"))["open"]
        for each in (self.shop, self.maker):
            signature = {"text_version": text["version"], "digest": text["digest"]}
            await each.command("partners", f"/agreements/{agreement}/sign-agreement", signature)
        return agreement

    async def known(self, by: Town) -> str:
        """A contact that has verified the address."""
        person = {"kind": "person", "name": {"given": "Anna", "family": "Gruber"}}
        contact = await by.command("contacts", "/contacts", person)
        await by.command("contacts", f"/contacts/{contact}/verify-identifier", EMAIL)
        return contact

    async def shared(self, agreement: str, contact: str) -> httpx.Response:
        """What the maker is told of a contact of its own, once all is known that the shop last said."""
        address = f"http://127.0.0.1:{self.maker.settings.port['views']}/shared/customers/{contact}"
        asked = {"agreement": agreement, "purpose": "assortment"}
        headers = {"authorization": f"Bearer {self.reader}"}

        async def told() -> httpx.Response | None:
            answer = await self.maker.http.get(address, params=asked, headers=headers)
            return None if answer.status_code == 503 else answer

        found = await until(told)
        assert found is not None
        return found

    async def rows(self) -> set[tuple[UUID, UUID, UUID, str]]:
        found = await self.matches.fetch("SELECT org_id, contact_id, other_contact_id, grade FROM match")
        return {tuple(row) for row in found}

    async def come_to(self, expected: set[tuple[UUID, UUID, UUID, str]]) -> None:
        async def so() -> bool:
            return await self.rows() == expected

        await until(so)


@pytest.fixture
async def partners(
    town: Town, processes: Processes, token: Callable[[str, str], str]
) -> AsyncIterator[Partners]:
    processes.start("match", settings=town.settings)
    both = town, Town(town.settings, token, town.http)
    for each in both:
        each.token = token(str(each.org_id), "operator")
    pool = await connect_pool(town.settings, "projections_match", max_size=1)
    yield Partners(*both, pool, token(str(both[1].org_id), "partner-manager"))
    await pool.close()


async def readyz(town: Town) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{town.settings.port['matcher']}/readyz")
    found: dict[str, Any] = answer.json()
    return found


async def test_what_both_know_is_matched_while_they_agree(partners: Partners):
    shop, maker = partners.shop, partners.maker
    mine, agreement = await partners.known(shop), await partners.agreement()
    theirs = await partners.known(maker)
    row = shop.org_id, UUID(mine), UUID(theirs), "share"
    other = maker.org_id, UUID(theirs), UUID(mine), "share"
    await partners.come_to({row, other})

    async def nothing_waits() -> bool:
        told = await readyz(shop)
        return bool(told["leader"]) and told["lag"] == {"changed": 0, "unseen": 0}

    await until(nothing_waits)
    await maker.command("contacts", f"/contacts/{theirs}/remove-identifier", EMAIL)
    await partners.come_to(set())
    await maker.command("contacts", f"/contacts/{theirs}/verify-identifier", EMAIL)
    await partners.come_to({row, other})
    await maker.command("partners", f"/agreements/{agreement}/end-agreement", {})
    await partners.come_to(set())


async def test_a_second_matcher_goes_on_where_the_first_was_killed(partners: Partners, processes: Processes):
    await partners.agreement()
    mine = await partners.known(partners.shop)
    processes.started[-1].kill()
    theirs = await partners.known(partners.maker)
    processes.start("match", settings=partners.shop.settings.model_copy(update={"port": ports.automatic()}))
    await partners.come_to(
        {
            (partners.shop.org_id, UUID(mine), UUID(theirs), "share"),
            (partners.maker.org_id, UUID(theirs), UUID(mine), "share"),
        }
    )


async def test_what_is_told_of_a_customer_is_what_it_allows_and_nothing_from_its_withdrawal_on(
    partners: Partners,
):
    shop = partners.shop
    mine, theirs = await partners.known(shop), await partners.known(partners.maker)
    agreement = await partners.agreement(NAME_ALONE)
    await partners.come_to(
        {
            (shop.org_id, UUID(mine), UUID(theirs), "share"),
            (partners.maker.org_id, UUID(theirs), UUID(mine), "share"),
        }
    )
    assert (await partners.shared(agreement, theirs)).status_code == 404
    consent = {"purpose": "assortment", "channel": "disclosure", "recipient_id": str(partners.maker.org_id)}
    wish = {**consent, "basis": "consent", "notice_version": 3, "method": "paper"}
    for _ in range(3):
        await shop.command("contacts", f"/contacts/{mine}/give-consent", wish)
        told = await partners.shared(agreement, theirs)
        assert told.status_code == 200, told.text
        (cell,) = told.json()["cells"]
        assert (cell["field"], cell["value"]) == ("profile.family-name", "Gruber")
        assert mine not in told.text
        refusal = {**consent, "method": "paper"}
        await shop.command("contacts", f"/contacts/{mine}/withdraw-consent", refusal)
        assert (await partners.shared(agreement, theirs)).status_code == 404
