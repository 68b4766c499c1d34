"""What the gate lets through, factor by factor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from kernel.commands import Command
from kernel.database import read_as
from kernel.ids import new_id
from services.contacts.commands import CorrectName, MergeContact, UnmergeContact
from services.contacts.events.words import Name
from services.partners.commands import EndAgreement, NarrowAgreement, ResumeAgreement, SuspendAgreement
from tests.services.projections.sharing.two import MAKER, PURPOSE, SHOP, STRANGER, Two, giving

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Opened = tuple[UUID, UUID, UUID]
"""The agreement, the maker's contact, the shop's."""


async def test_a_matched_customer_who_allows_it_is_seen_as_far_as_was_agreed(two: Two):
    agreement, mine, _ = await two.opened()
    assert await two.cells(agreement, [mine]) == {
        (mine, "profile.city", "home", None, "Graz", None, None, None)
    }


async def test_each_cell_tells_the_version_of_the_agreement_and_since_when_it_is_allowed(two: Two):
    agreement = await two.agreed(giving())
    mine, its = await two.contact(MAKER), await two.contact(SHOP)
    await two.allows(its, given_at=LONG_AGO)
    await two.matched(agreement, mine, its)
    async with read_as(two.partner, MAKER) as db:
        [cell] = await db.fetch("SELECT * FROM shared_cells($1, $2, $3)", agreement, PURPOSE, [mine])
    assert (cell["agreement_version"], cell["consented_at"]) == (1, LONG_AGO)


async def test_nobody_else_sees_it_and_nothing_is_seen_for_another_purpose(two: Two):
    agreement, mine, its = await two.opened()
    for reader in (STRANGER, SHOP):
        assert not await two.cells(agreement, [mine, its], reader=reader)
    assert not await two.cells(agreement, [mine], purpose="marketing")
    assert not await two.cells(new_id(), [mine])
    assert not await two.cells(agreement, [its])


async def test_a_consent_for_a_purpose_that_was_not_agreed_opens_nothing(two: Two):
    agreement, mine, its = await two.opened()
    await two.allows(its, purpose="marketing")
    assert not await two.cells(agreement, [mine], purpose="marketing")


async def merged_with_one_who_refuses(two: Two, opened: Opened) -> None:
    _, _, its = opened
    other = await two.contact(SHOP)
    await two.say(SHOP, MergeContact(other_id=other, merge_id=new_id()), its)
    await two.refuses(other)
    await two.matched(*opened)


def says(org: UUID, command: Command, of: int) -> Callable[[Two, Opened], Awaitable[object]]:
    """What closes it: the command of this organisation, about one of the three that are opened."""
    return lambda two, opened: two.say(org, command, opened[of])


NAME = CorrectName(name=Name(given="Anni", family="Gruber"))
NARROWER = giving(notice_version=4)

CLOSING = {
    "the customer withdraws": lambda two, opened: two.refuses(opened[2]),
    "another contact of the customer refuses": merged_with_one_who_refuses,
    "it allows it anew under an older notice": lambda two, opened: two.allows(opened[2], notice_version=2),
    "the match is only likely": lambda two, opened: two.matched(*opened, grade="likely"),
    "the owner's contact is another version": says(SHOP, NAME, 2),
    "the reader's contact is another version": says(MAKER, NAME, 1),
    "the owner suspends": says(SHOP, SuspendAgreement(), 0),
    "the reader suspends": says(MAKER, SuspendAgreement(), 0),
    "the owner ends": says(SHOP, EndAgreement(), 0),
    "the reader ends": says(MAKER, EndAgreement(), 0),
    "a newer notice is asked": says(SHOP, NarrowAgreement(terms=NARROWER), 0),
}


@pytest.mark.parametrize("closing", CLOSING)
async def test_it_is_closed_when(two: Two, closing: str):
    opened = await two.opened()
    agreement, mine, _ = opened
    assert await two.cells(agreement, [mine])
    await CLOSING[closing](two, opened)
    assert not await two.cells(agreement, [mine])


async def test_an_end_counts_when_it_comes_by_the_databases_clock(two: Two):
    text = replace(giving(), ends_at=datetime.now(UTC) + timedelta(seconds=1.5))
    agreement, mine, _ = await two.opened(text)
    assert await two.cells(agreement, [mine])
    while datetime.now(UTC) < text.ends_at:
        await two.cells(agreement, [mine])
    assert not await two.cells(agreement, [mine])


async def test_a_consent_counts_until_it_expires(two: Two):
    agreement, mine, its = await two.opened()
    until = datetime.now(UTC) + timedelta(seconds=1.5)
    await two.allows(its, expires_at=until)
    assert await two.cells(agreement, [mine])
    while datetime.now(UTC) < until:
        await two.cells(agreement, [mine])
    assert not await two.cells(agreement, [mine])


async def test_what_one_side_suspended_is_open_again_once_that_side_resumes(two: Two):
    agreement, mine, _ = await two.opened()
    await two.say(MAKER, SuspendAgreement(), agreement)
    await two.say(SHOP, SuspendAgreement(), agreement)
    await two.say(SHOP, ResumeAgreement(), agreement)
    assert not await two.cells(agreement, [mine])
    await two.say(MAKER, ResumeAgreement(), agreement)
    assert await two.cells(agreement, [mine])


async def test_a_consent_that_is_recorded_later_but_was_given_before_the_refusal_opens_nothing(two: Two):
    agreement, mine, its = await two.opened()
    await two.refuses(its)
    await two.allows(its, given_at=LONG_AGO)
    assert not await two.cells(agreement, [mine])
    await two.allows(its)
    assert await two.cells(agreement, [mine])


async def test_a_refusal_goes_with_the_contact_when_a_merge_is_undone(two: Two):
    opened = await two.opened()
    agreement, mine, its = opened
    other, merge = await two.contact(SHOP), new_id()
    await two.refuses(other)
    await two.say(SHOP, MergeContact(other_id=other, merge_id=merge), its)
    await two.matched(*opened)
    assert not await two.cells(agreement, [mine])
    await two.say(SHOP, UnmergeContact(merge_id=merge), its)
    await two.matched(*opened)
    assert await two.cells(agreement, [mine])


async def test_a_contact_of_the_same_customer_that_said_nothing_opens_and_closes_nothing(two: Two):
    opened = await two.opened()
    agreement, mine, its = opened
    other = await two.contact(SHOP)
    await two.say(SHOP, MergeContact(other_id=other, merge_id=new_id()), its)
    await two.matched(*opened)
    assert await two.cells(agreement, [mine])
    await two.matched(agreement, mine, other)
    assert not await two.cells(agreement, [mine])


async def test_pages_hold_those_alone_who_are_seen_in_the_order_of_the_readers_ids(two: Two):
    agreement, *_ = await two.opened()
    seen = []
    for number in range(7):
        mine, its = await two.contact(MAKER), await two.contact(SHOP, city=f"Wien {number}")
        if number % 2:
            await two.allows(its)
            seen.append(mine)
        await two.matched(agreement, mine, its)
    assert not await two.fold()
    async with read_as(two.partner, MAKER) as db:
        page = "SELECT contact_id FROM shared_page($1, $2, $3, $4)"
        everyone = [row["contact_id"] for row in await db.fetch(page, agreement, PURPOSE, None, 100)]
        later = [row["contact_id"] for row in await db.fetch(page, agreement, PURPOSE, everyone[0], 2)]
    assert everyone == sorted(everyone)
    assert everyone[1:] == seen
    assert later == seen[:2]


async def test_who_asks_the_gate_can_read_no_table_and_call_nothing_else(two: Two):
    may = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'projections'::regnamespace AND relkind IN ('r', 'v', 'm')
            AND has_any_column_privilege('projections_partner', oid, 'SELECT, INSERT, UPDATE, REFERENCES')
        UNION ALL
        SELECT proname FROM pg_proc WHERE pronamespace = 'projections'::regnamespace
            AND has_function_privilege('projections_partner', oid, 'EXECUTE')"""
    owners = """
        SELECT DISTINCT proowner::regrole::text FROM pg_proc
        WHERE pronamespace = 'projections'::regnamespace"""
    found = sorted(row["relname"] for row in await two.partner.fetch(may))
    assert found == ["gate_progress", "shared_cells", "shared_owner", "shared_page", "shared_text"]
    assert [row["proowner"] for row in await two.partner.fetch(owners)] == ["projections_gate"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await two.partner.fetch("SELECT FROM match")
