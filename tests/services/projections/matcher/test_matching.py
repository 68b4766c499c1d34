"""Who is matched under an agreement, and what ends that: with real commands, views and tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from kernel.commands import Command
from kernel.database import read_as
from kernel.log.lease import Lease, LeaseLost
from lib.identifiers import Identifier, IdentifierKind
from services.contacts.commands import (
    AddIdentifier,
    CloseContact,
    CorrectName,
    RemoveIdentifier,
    ReopenContact,
    UnmergeContact,
    VerifyIdentifier,
)
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import Name
from services.partners.commands import EndAgreement, ResumeAgreement, SuspendAgreement
from services.projections.matcher import agreements, lag, marks, scanning
from tests.services.partners.deciding import terms
from tests.services.projections.desk import ORG
from tests.services.projections.matcher.meeting import Meeting, Row, email
from tests.services.projections.sides import MAKER, STRANGER
from tests.waiting import until

ANNA, BEN = email("anna@mail.example"), email("ben@mail.example")
PHONE = Identifier(kind=IdentifierKind.PHONE, value="+43 1 5330 100")
CARD = Identifier(kind=IdentifierKind.LOYALTY_CARD, value="2900 0017")
TABLES = ("match", "blocked_match", "match_token", "match_scan", "match_key")


async def test_contacts_with_the_same_verified_address_are_matched_for_both_sides(meeting: Meeting):
    await meeting.sides.in_force()
    mine, theirs = await meeting.both(ANNA)
    await meeting.known(ORG, BEN)
    assert await meeting.matches() == [
        Row(ORG, mine, theirs, (3, 3), ("email",)),
        Row(MAKER, theirs, mine, (3, 3), ("email",)),
    ]
    assert await meeting.blocked() == set()


async def test_those_that_were_there_before_the_agreement_are_looked_through_in_pages(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scanning, "PAGE", 2)
    pairs = {await meeting.both(email(f"{n}@mail.example")) for n in range(5)}
    await meeting.settled()
    await meeting.sides.in_force()
    assert await meeting.pairs() == pairs
    assert await meeting.left(["match_scan"]) == {"match_scan": 0}


async def test_what_changed_is_followed_in_pages(meeting: Meeting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(marks, "PAGE", 1)
    await meeting.sides.in_force()
    await meeting.settled()
    assert {await meeting.both(email(f"{n}@mail.example")) for n in range(20)} == await meeting.pairs()


async def test_the_number_of_a_card_matches_nobody(meeting: Meeting):
    await meeting.sides.in_force()
    await meeting.both(CARD)
    assert await meeting.matches() == []


async def test_an_address_that_one_side_did_not_verify_matches_nobody(meeting: Meeting):
    await meeting.sides.in_force()
    await meeting.known(ORG, ANNA)
    theirs = await meeting.known(MAKER)
    await meeting.say(MAKER, AddIdentifier(identifier=ANNA), theirs)
    assert await meeting.matches() == []
    await meeting.say(MAKER, VerifyIdentifier(identifier=ANNA), theirs)
    assert len(await meeting.matches()) == 2


async def test_nobody_is_matched_without_an_agreement(meeting: Meeting):
    await meeting.sides.in_force()
    await meeting.known(ORG, ANNA)
    await meeting.known(STRANGER, ANNA)
    assert await meeting.matches() == []


@pytest.mark.parametrize(
    ("undone", "again"),
    [
        (RemoveIdentifier(identifier=ANNA), VerifyIdentifier(identifier=ANNA)),
        (CloseContact(reason=ClosingReason.GONE), ReopenContact()),
    ],
    ids=["removed", "closed"],
)
@pytest.mark.parametrize("org", [ORG, MAKER], ids=["ours", "theirs"])
async def test_a_match_is_gone_with_what_made_it(
    meeting: Meeting, org: UUID, undone: Command, again: Command
):
    await meeting.sides.in_force()
    mine, theirs = await meeting.both(ANNA)
    changed = mine if org == ORG else theirs
    assert await meeting.pairs() == {(mine, theirs)}
    await meeting.say(org, undone, changed)
    assert await meeting.matches() == []
    await meeting.say(org, again, changed)
    assert await meeting.pairs() == {(mine, theirs)}


async def test_a_match_tells_the_versions_that_were_compared(meeting: Meeting):
    await meeting.sides.in_force()
    mine, _ = await meeting.both(ANNA)
    await meeting.settled()
    since = await meeting.pool.fetchval("SELECT max(since) FROM match")
    await meeting.say(ORG, CorrectName(name=Name(given="Anne", family="Gruber")), mine)
    assert {row.versions for row in await meeting.matches()} == {(4, 3), (3, 4)}
    assert await meeting.pool.fetchval("SELECT max(since) FROM match") == since


async def test_two_customers_of_one_side_that_fit_block_each_other(meeting: Meeting):
    await meeting.sides.in_force()
    theirs = await meeting.known(MAKER, ANNA, PHONE)
    one, other = await meeting.known(ORG, ANNA), await meeting.known(ORG, PHONE)
    assert (await meeting.matches(), await meeting.blocked()) == ([], {one, other, theirs})
    merge = await meeting.merged(ORG, one, other)
    assert (await meeting.pairs(), await meeting.blocked()) == ({(one, theirs)}, set())
    await meeting.say(ORG, UnmergeContact(merge_id=merge), one)
    assert (await meeting.matches(), await meeting.blocked()) == ([], {one, other, theirs})
    await meeting.say(ORG, RemoveIdentifier(identifier=PHONE), other)
    assert (await meeting.pairs(), await meeting.blocked()) == ({(one, theirs)}, set())


async def test_a_merge_that_brings_a_second_candidate_ends_the_match(meeting: Meeting):
    await meeting.sides.in_force()
    one, theirs = await meeting.both(ANNA)
    other, third = await meeting.both(BEN)
    assert await meeting.pairs() == {(one, theirs), (other, third)}
    merge = await meeting.merged(ORG, one, other)
    assert (await meeting.matches(), await meeting.blocked()) == ([], {one, theirs, other, third})
    await meeting.merged(MAKER, third, theirs)
    assert len(await meeting.pairs()) == 1
    await meeting.say(ORG, UnmergeContact(merge_id=merge), other)
    assert (await meeting.matches(), await meeting.blocked()) == ([], {one, theirs, other, third})


async def test_the_end_of_an_agreement_leaves_nothing_of_what_was_matched(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(agreements, "AT_ONCE", 1)
    agreement = await meeting.sides.in_force()
    for name in (ANNA, BEN):
        await meeting.both(name)
    assert len(await meeting.matches()) == 4
    await meeting.say(MAKER, EndAgreement(), agreement)
    assert await meeting.left(TABLES) == dict.fromkeys(TABLES, 0)


async def test_an_agreement_that_is_over_is_not_matched(meeting: Meeting):
    soon = datetime.now(UTC) + timedelta(seconds=2)
    await meeting.sides.in_force(terms(ends_at=soon))
    await meeting.both(ANNA)
    assert len(await meeting.matches()) == 2

    async def gone() -> bool:
        return await meeting.matches() == []

    await until(gone)
    assert await meeting.left(TABLES) == dict.fromkeys(TABLES, 0)


async def test_a_suspended_agreement_is_not_matched_until_it_is_resumed(meeting: Meeting):
    agreement = await meeting.sides.in_force()
    pair = await meeting.both(ANNA)
    await meeting.settled()
    await meeting.say(MAKER, SuspendAgreement(), agreement)
    assert await meeting.left(TABLES) == dict.fromkeys(TABLES, 0)
    await meeting.say(MAKER, ResumeAgreement(), agreement)
    assert await meeting.pairs() == {pair}


async def test_each_side_reads_its_own_rows_alone(meeting: Meeting):
    await meeting.sides.in_force()
    mine, theirs = await meeting.both(ANNA)
    await meeting.settled()
    seen = {}
    for org in (ORG, MAKER, STRANGER):
        async with read_as(meeting.sides.desk.readers, org) as db:
            seen[org] = [row["contact_id"] for row in await db.fetch("SELECT contact_id FROM match")]
    assert seen == {ORG: [mine], MAKER: [theirs], STRANGER: []}


async def test_no_token_is_the_same_under_two_agreements(meeting: Meeting):
    both = [await meeting.sides.in_force() for _ in range(2)]
    await meeting.both(ANNA)
    await meeting.settled()
    tokens = await meeting.pool.fetch("SELECT DISTINCT agreement_id, token FROM match_token")
    assert {row["agreement_id"] for row in tokens} == set(both)
    assert len({row["token"] for row in tokens}) == len(tokens) == 2


async def test_what_waits_is_counted(meeting: Meeting):
    for n in range(3):
        await meeting.both(email(f"{n}@mail.example"))
    await meeting.settled()
    await meeting.sides.in_force()
    await meeting.known(ORG, ANNA)
    assert not await meeting.sides.desk.fold()
    assert await lag.waiting(meeting.pool) == {"changed": 1, "unseen": 0}
    await meeting.matching.step(meeting.lease)
    assert await lag.waiting(meeting.pool) == {"changed": 0, "unseen": 3}  # one side is looked through
    await meeting.settled()
    assert await lag.waiting(meeting.pool) == {"changed": 0, "unseen": 0}


async def test_a_former_leader_changes_nothing(meeting: Meeting):
    await meeting.sides.in_force()
    await meeting.both(ANNA)
    assert not await meeting.sides.desk.fold()
    await marks.adopt(meeting.pool, Lease("matcher", meeting.lease.epoch + 1))
    with pytest.raises(LeaseLost):
        await meeting.matching.step(meeting.lease)
    assert await meeting.stored() == []


async def test_views_made_anew_are_looked_through_again(meeting: Meeting):
    await meeting.sides.in_force()
    pair = await meeting.both(ANNA)
    await meeting.settled()
    await meeting.pool.execute("DELETE FROM match")
    await meeting.pool.execute("DELETE FROM match_token")
    assert await meeting.matches() == []
    await meeting.pool.execute("UPDATE matching SET tables = '{}'")
    assert await meeting.pairs() == {pair}


async def test_a_contact_that_a_restored_log_lost_is_matched_no_more(meeting: Meeting, pool: asyncpg.Pool):
    await meeting.sides.in_force()
    mine, _ = await meeting.both(ANNA)
    await meeting.settled()
    for table in ("matchable__v1", "person__v1", "identity__v1"):
        await pool.execute(f"DELETE FROM {table} WHERE contact_id = $1", mine)
    await meeting.pool.execute("UPDATE matching SET tables = '{}'")
    assert await meeting.left(["match", "match_token"]) == {"match": 0, "match_token": 1}


async def test_what_was_parked_is_looked_at_when_it_is_taken_after_all(meeting: Meeting):
    await meeting.sides.in_force()
    pair = await meeting.both(ANNA)
    await meeting.settled()
    await meeting.pool.execute("DELETE FROM match")
    await meeting.pool.execute("UPDATE matching SET parked[3] = 1")
    assert await meeting.pairs() == {pair}
