"""Organisations and their agreements, as each side reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg

from kernel.web.access import Role
from services.partners.commands import (
    EndAgreement,
    RegisterOrganisation,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
    UnlistOrganisation,
)
from services.partners.events.organisation import OrganisationKind
from services.partners.text import digest
from services.projections.partners import agreements
from services.projections.partners.agreements import Standing
from tests.services.partners.deciding import terms
from tests.services.projections.desk import ORG, Desk
from tests.services.projections.sides import MAKER, STRANGER, Sides
from tests.waiting import until


async def recorded(pool: asyncpg.Pool) -> datetime:
    """A time after everything that was recorded until now."""
    now: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return now


async def test_both_sides_read_the_same_and_nobody_else_reads_anything(desk: Desk):
    sides = Sides(desk)
    agreement = await sides.in_force()
    mine, theirs = [await sides.shown(org, agreement) for org in (ORG, MAKER)]
    assert mine == theirs
    assert mine is not None
    assert mine.in_force is not None
    assert (mine.standing, mine.in_force.terms, mine.open) == (Standing.IN_FORCE, terms(), None)
    assert await sides.shown(STRANGER, agreement) is None
    for org, ids in ((ORG, [agreement]), (MAKER, [agreement]), (STRANGER, [])):
        desk.org_id = org
        found = await desk.ask(agreements.LIST, Role.PARTNER_MANAGER)
        assert [one.agreement_id for one in found.agreements] == ids


async def test_it_stands_suspended_until_whoever_suspended_it_resumes_it(desk: Desk):
    sides = Sides(desk)
    agreement = await sides.in_force()
    seen = []
    for org, command in ((MAKER, SuspendAgreement()), (ORG, ResumeAgreement()), (MAKER, ResumeAgreement())):
        await sides.say(org, command, agreement)
        shown = await sides.shown(ORG, agreement)
        assert shown is not None
        seen.append(shown.standing)
    assert seen == [Standing.SUSPENDED, Standing.SUSPENDED, Standing.IN_FORCE]


async def test_it_is_over_from_its_end_on_by_the_databases_clock(desk: Desk):
    sides = Sides(desk)
    ends_at = await recorded(desk.views) + timedelta(seconds=2)
    agreement = await sides.in_force(terms(ends_at=ends_at.astimezone(UTC).isoformat()))

    async def is_over() -> bool:
        shown = await sides.shown(MAKER, agreement)
        assert shown is not None
        now = await recorded(desk.views)
        assert shown.standing is Standing.IN_FORCE or now >= ends_at
        return shown.standing is Standing.OVER

    await until(is_over)


async def test_it_is_shown_as_it_was_known_at_a_time(desk: Desk):
    sides = Sides(desk)
    before = await recorded(desk.views)
    agreement = await sides.proposed()
    then = await recorded(desk.views)
    for org in (ORG, MAKER):
        await sides.say(org, SignAgreement(text_version=1, digest=digest(1, terms())), agreement)
    signed = await recorded(desk.views)
    await sides.say(ORG, EndAgreement(), agreement)
    seen = [await sides.shown(MAKER, agreement, at) for at in (before, then, signed, None)]
    assert [one and one.standing for one in seen] == [
        None,
        Standing.PROPOSED,
        Standing.IN_FORCE,
        Standing.ENDED,
    ]
    assert await sides.shown(STRANGER, agreement, signed) is None


async def test_who_is_listed_is_found_by_all_and_who_is_not_by_nobody(desk: Desk):
    sides = Sides(desk)
    await sides.listed(MAKER, "Maker")
    await sides.say(STRANGER, RegisterOrganisation(name="Hidden", kind=OrganisationKind.SUPPLIER))
    assert [await sides.names(org) for org in (ORG, MAKER, STRANGER)] == [["Maker"]] * 3
    await sides.say(MAKER, UnlistOrganisation(), MAKER)
    assert [await sides.names(org) for org in (ORG, MAKER, STRANGER)] == [[]] * 3
