"""However facts, views and the matcher interleave, the rows end as one look at all persons makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel.commands import Command
from kernel.database import connect_pool
from kernel.ids import new_id
from kernel.log.partitions import PARTITIONS, partition_of
from kernel.settings import Settings
from kernel.taking.arrivals import Arrival
from kernel.view.batch.applying import apply
from kernel.view.reading import live, rows_of
from kernel.view.view import View
from kernel.web.problems import Problem
from lib.identifiers import Identifier, IdentifierKind
from services.contacts.commands import (
    CloseContact,
    MergeContact,
    RegisterContact,
    RemoveIdentifier,
    ReopenContact,
    UnmergeContact,
    VerifyIdentifier,
)
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import ContactKind, Name
from services.partners.commands import (
    ListOrganisation,
    ProposeAgreement,
    RegisterOrganisation,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from services.partners.events.organisation import OrganisationKind
from services.partners.text import digest
from services.projections.customers.person import PERSON
from services.projections.matcher import scanning
from services.projections.matcher.pairing import Compared, Matching, matched
from services.projections.partners.agreements import AGREEMENTS
from services.projections.shared.identity import IDENTITY
from services.projections.sharing.matchable import MATCHABLE
from tests.services.partners.deciding import terms
from tests.services.projections.matcher.meeting import Meeting, email

FOLLOWED = (MATCHABLE, PERSON, IDENTITY, AGREEMENTS)
CONTACTS, VALUES = 4, 4

CONTACT = st.integers(0, CONTACTS - 1)
SIDE = st.integers(0, 1)
VALUE = st.integers(0, VALUES - 1)
SOME = st.integers(0, 2**PARTITIONS - 1)
NOTHING = st.just(0)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["verify", "verify", "remove"]), SIDE, CONTACT, VALUE),
    st.tuples(st.sampled_from(["verify", "close", "reopen"]), SIDE, CONTACT, VALUE),
    st.tuples(st.just("merge"), SIDE, CONTACT, CONTACT),
    st.tuples(st.just("unmerge"), NOTHING, st.integers(0, 5), NOTHING),
    st.tuples(st.sampled_from(["suspend", "resume", "resume", "resume"]), SIDE, NOTHING, NOTHING),
    st.tuples(st.just("take"), st.integers(0, len(FOLLOWED) - 1), SOME, NOTHING),
    st.tuples(st.sampled_from(["look", "look", "match"]), NOTHING, SOME, NOTHING),
    st.tuples(st.just("look"), NOTHING, st.just(-1), NOTHING),
)
"""What is done, on which side, and with what: contacts, values, a view, or a set of partitions."""


class Story:
    """Two organisations of their own, with an agreement, and views that follow each in its own time."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting, self.desk = meeting, meeting.sides.desk
        self.orgs = (new_id(), new_id())
        self.contacts: tuple[list[UUID], list[UUID]] = ([], [])
        self.merges: list[tuple[int, UUID, UUID]] = []
        self.arrivals: list[Arrival] = []

    async def begin(self) -> None:
        one, other = self.orgs
        await self.say(other, RegisterOrganisation(name="Maker", kind=OrganisationKind.MANUFACTURER))
        await self.say(other, ListOrganisation(), other)
        proposal = ProposeAgreement(counterpart_id=other, terms=terms())
        self.agreement = await self.meeting.say(one, proposal)
        for org in self.orgs:
            await self.say(org, SignAgreement(text_version=1, digest=digest(1, terms())), self.agreement)
        register = RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna", family="Gruber"))
        for side, org in enumerate(self.orgs):
            for _ in range(CONTACTS):
                self.contacts[side].append(await self.meeting.say(org, register))
        await self.end()

    async def say(self, org: UUID, command: Command, stream: UUID | None = None) -> bool:
        """Whether it was not refused."""
        try:
            await self.meeting.say(org, command, stream)
        except Problem:
            return False
        return True

    async def do(self, what: str, side: int, one: int, other: int) -> None:
        match what:
            case "take":
                await self.take(side, one)
            case "match":
                await self.match()
            case "look":
                for view in range(len(FOLLOWED)):
                    await self.take(view, one)
                await self.match()
            case "merge":
                await self.merge(side, one, other)
            case "unmerge":
                for merged, contact, merge in self.merges[one : one + 1]:
                    await self.say(self.orgs[merged], UnmergeContact(merge_id=merge), contact)
            case "suspend" | "resume":
                wish = SuspendAgreement() if what == "suspend" else ResumeAgreement()
                await self.say(self.orgs[side], wish, self.agreement)
            case _:
                await self.say(self.orgs[side], _about(what, other), self.contacts[side][one])

    async def merge(self, side: int, one: int, other: int) -> None:
        survivor, joining, merge = self.contacts[side][one], self.contacts[side][other], new_id()
        if await self.say(self.orgs[side], MergeContact(other_id=joining, merge_id=merge), survivor):
            self.merges.append((side, survivor, merge))

    async def take(self, view: int, partitions: int = -1) -> None:
        """One view takes what was said, in some partitions."""
        self.arrivals += await self.desk.arrived()
        some = [arrival for arrival in self.arrivals if partitions >> arrival.partition & 1]
        some.sort(key=lambda arrival: (arrival.service, arrival.partition))
        assert not (await apply(self.desk.views, FOLLOWED[view], some)).parked

    async def end(self) -> None:
        for view in range(len(FOLLOWED)):
            await self.take(view)
        await self.match()

    async def match(self) -> None:
        while await self.meeting.matching.step(self.meeting.lease):
            pass


def _about(what: str, value: int) -> Command:
    identifier: Identifier = (
        email(f"{value}@mail.example")
        if value % 2
        else Identifier(kind=IdentifierKind.PHONE, value=f"+43 1 5330 10{value}")
    )
    match what:
        case "verify":
            return VerifyIdentifier(identifier=identifier)
        case "remove":
            return RemoveIdentifier(identifier=identifier)
        case "close":
            return CloseContact(reason=ClosingReason.GONE)
        case _:
            return ReopenContact()


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect_pool(database, "projections_log", max_size=3)
    yield pool
    await pool.close()


async def of_all(pool: asyncpg.Pool, story: Story) -> Matching:
    """The pure function of all persons of both sides, if their agreement is in force."""
    async with pool.acquire() as db:
        rows = await db.fetch(
            f"SELECT json_array_length(suspended_by) > 0 AS suspended FROM {await live(db, AGREEMENTS)} "
            "WHERE agreement_id = $1",
            story.agreement,
        )
        sides = []
        for org, contacts in zip(story.orgs, story.contacts, strict=True):
            ids = [(org, (contact,)) for contact in contacts]
            persons, customers = await rows_of(db, PERSON, ids), await rows_of(db, IDENTITY, ids)
            versions = await rows_of(db, MATCHABLE, ids)
            sides.append(
                [
                    Compared(at[1][0], customers[at].customer_id or at[1][0], versions[at].version, person)
                    for at, person in persons.items()
                ]
            )
    return matched(*(sides if not any(row["suspended"] for row in rows) else ([], [])))


async def stored(story: Story) -> tuple[set[tuple[object, ...]], set[tuple[UUID, UUID]]]:
    pool, agreement = story.meeting.pool, story.agreement
    rows = await pool.fetch("SELECT * FROM match WHERE agreement_id = $1", agreement)
    blocked = await pool.fetch(
        "SELECT org_id, contact_id FROM blocked_match WHERE agreement_id = $1", agreement
    )
    found: set[tuple[object, ...]] = {
        (
            row["org_id"],
            row["contact_id"],
            row["other_contact_id"],
            row["customer_id"],
            row["other_customer_id"],
            row["version"],
            row["other_version"],
            tuple(row["evidence"]),
        )
        for row in rows
    }
    return found, {(row["org_id"], row["contact_id"]) for row in blocked}


def expected(story: Story, matching: Matching) -> tuple[set[tuple[object, ...]], set[tuple[UUID, UUID]]]:
    one, other = story.orgs
    found: set[tuple[object, ...]] = {
        (
            org,
            mine.contact_id,
            its.contact_id,
            mine.customer_id,
            its.customer_id,
            mine.version,
            its.version,
            match.evidence,
        )
        for match in matching.matches
        for org, mine, its in ((one, match.left, match.right), (other, match.right, match.left))
    }
    blocked = {(one, contact) for contact in matching.blocked_left}
    return found, blocked | {(other, contact) for contact in matching.blocked_right}


@given(steps=st.lists(STEPS, min_size=20, max_size=60))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # ids are new each time, and with them partitions: nothing to shrink by
)
async def test_any_interleaving_ends_in_the_same_rows(
    meeting: Meeting, pool: asyncpg.Pool, steps: list[tuple[str, int, int, int]]
) -> None:
    story = Story(meeting)
    await story.begin()
    for step in steps:
        await story.do(*step)
    await story.end()
    assert await stored(story) == expected(story, await of_all(pool, story))


async def apart(story: Story, side: int) -> tuple[UUID, UUID]:
    """Two more contacts of one side, on different partitions."""
    register = RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna", family="Gruber"))
    one = await story.meeting.say(story.orgs[side], register)
    while partition_of(other := await story.meeting.say(story.orgs[side], register)) == partition_of(one):
        pass
    story.contacts[side].extend((one, other))
    return one, other


async def known(story: Story, side: int, contact: UUID, value: int) -> None:
    await story.say(story.orgs[side], _about("verify", value), contact)


async def looked_at(story: Story, contact: UUID) -> None:
    await story.do("look", 0, 1 << partition_of(contact), 0)


async def test_the_rest_of_a_customer_is_looked_at_again_when_a_contact_has_left_it(
    meeting: Meeting, pool: asyncpg.Pool
) -> None:
    story = Story(meeting)
    await story.begin()
    staying, leaving = await apart(story, 0)
    merge = await meeting.merged(story.orgs[0], staying, leaving)
    for value, contact in enumerate((staying, leaving)):
        await known(story, 0, contact, value)
        await known(story, 1, story.contacts[1][value], value)
    await story.end()
    await story.say(story.orgs[0], UnmergeContact(merge_id=merge), staying)
    await looked_at(story, staying)
    await looked_at(story, leaving)
    found, blocked = await stored(story)
    assert (len(found), blocked) == (4, set())
    await story.end()
    assert await stored(story) == expected(story, await of_all(pool, story))


async def test_a_match_ends_as_soon_as_a_second_customer_fits(meeting: Meeting) -> None:
    story = Story(meeting)
    await story.begin()
    first, second, theirs = story.contacts[0][0], story.contacts[0][1], story.contacts[1][0]
    for value in (0, 1):
        await known(story, 1, theirs, value)
    await known(story, 0, first, 0)
    await story.end()
    assert len((await stored(story))[0]) == 2
    await known(story, 0, second, 1)
    await looked_at(story, second)
    found, blocked = await stored(story)
    assert (found, {contact for _, contact in blocked}) == (set(), {first, second, theirs})


@pytest.mark.parametrize("behind", [PERSON, IDENTITY], ids=lambda view: view.name)
async def test_what_a_view_has_not_taken_yet_is_looked_at_once_it_has(
    meeting: Meeting, pool: asyncpg.Pool, behind: View[Any]
) -> None:
    story = Story(meeting)
    await story.begin()
    for side in (0, 1):
        await known(story, side, story.contacts[side][0], 0)
    await known(story, 0, story.contacts[0][1], 1)
    await meeting.merged(story.orgs[0], story.contacts[0][1], story.contacts[0][0])
    for number, view in enumerate(FOLLOWED):
        if view is not behind:
            await story.take(number)
    await story.match()
    await story.end()
    found = await stored(story)
    assert found == expected(story, await of_all(pool, story))
    assert len(found[0]) == 2


async def test_who_is_looked_through_before_all_views_have_taken_it_is_looked_at_later(
    meeting: Meeting,
) -> None:
    story = Story(meeting)
    await story.begin()
    for side in (0, 1):
        await known(story, side, story.contacts[side][0], 0)
        await known(story, side, story.contacts[side][0], 1)
    await story.end()
    before = await stored(story)
    remove = _about("remove", 1)
    await story.say(story.orgs[0], remove, story.contacts[0][0])
    await story.take(FOLLOWED.index(MATCHABLE))
    async with meeting.pool.acquire() as db, db.transaction():
        await scanning.begin(db)
    await story.match()
    assert await stored(story) == before  # as it was compared, in the versions of then
    await story.end()
    assert {row[7] for row in (await stored(story))[0]} == {("phone",)}
