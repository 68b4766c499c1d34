"""For any field: every value that it had, when, by whom, because of which event."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.web.problems import Problem
from kernel.web.wire.bodies import validated_texts
from lib.identifiers import Identifier, IdentifierKind
from services.contacts import commands
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.contact import ClosingReason
from services.contacts.events.preferences import QuietHours
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Address, AddressUse, ContactKind, Name
from services.projections.customers.field_history.fields import Change, Field
from services.projections.customers.field_history.query import HISTORY, FieldAsked, History, PastValue
from tests.services.projections.desk import Desk

SET, REMOVED = Change.SET, Change.REMOVED
EMAIL = Identifier(kind=IdentifierKind.EMAIL, value="anna@example.org")
HOME = Address(city="Wien", country="AT")
OWNER = UUID(int=7)
GIVEN = commands.GiveConsent(
    purpose="marketing",
    channel=ConsentChannel.MAIL,
    method=ConsentMethod.PAPER,
    basis=LawfulBasis.CONSENT,
    notice_version=3,
)


def anna(**more: Any) -> commands.RegisterContact:
    return commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna"), **more)


async def history(desk: Desk, contact: UUID, field: str, **asked: Any) -> History:
    found: History = await desk.ask(HISTORY, id=contact, field=field, **asked)
    return found


async def values(desk: Desk, contact: UUID, field: str) -> list[tuple[Change, Any]]:
    return [(one.change, one.value) for one in (await history(desk, contact, field)).values]


async def test_a_name_is_every_name_the_latest_first(desk: Desk) -> None:
    contact = await desk.say(anna())
    await desk.say(commands.CorrectName(name=Name(given="Anne", family="Weiß")), contact)
    found = (await history(desk, contact, "name")).values
    assert [one.type for one in found] == ["NameCorrected", "ContactRegistered"]
    assert [one.value["given"] for one in found] == ["Anne", "Anna"]
    assert {(one.contact_id, one.actor) for one in found} == {(contact, "anna")}
    assert found[0].recorded_at > found[1].recorded_at


async def test_what_is_taken_back_is_removed(desk: Desk) -> None:
    contact = await desk.say(anna(birth_date=date(1984, 5, 17), owner_id=OWNER, address=HOME))
    for command in (
        commands.CorrectBirthDate(birth_date=None),
        commands.AssignOwner(owner_id=None),
        commands.RemoveAddress(use=AddressUse.HOME),
        commands.PreferQuietHours(quiet_hours=QuietHours(start="22:00", end="07:00", zone="Europe/Vienna")),
        commands.PreferQuietHours(quiet_hours=None),
        commands.CloseContact(reason=ClosingReason.GONE),
    ):
        await desk.say(command, contact)
    assert await values(desk, contact, "birth_date") == [(REMOVED, None), (SET, "1984-05-17")]
    assert await values(desk, contact, "owner_id") == [(REMOVED, None), (SET, str(OWNER))]
    assert await values(desk, contact, "closed") == [(SET, True), (SET, False)]
    assert [change for change, _ in await values(desk, contact, "quiet_hours")] == [REMOVED, SET]
    (gone, was) = await values(desk, contact, "addresses")
    assert gone == (REMOVED, {"use": "home"})
    assert (was[1]["use"], was[1]["address"]["city"]) == ("home", "Wien")


async def test_of_identifiers_and_consents_each_has_its_own_way(desk: Desk) -> None:
    contact = await desk.say(anna(identifiers=(EMAIL,)))
    for command in (
        commands.VerifyIdentifier(identifier=EMAIL),
        commands.RemoveIdentifier(identifier=EMAIL),
        GIVEN,
        commands.WithdrawConsent(
            purpose="marketing", channel=ConsentChannel.MAIL, method=ConsentMethod.PAPER
        ),
    ):
        await desk.say(command, contact)
    known = {"kind": "email", "value": "anna@example.org"}
    assert await values(desk, contact, "identifiers") == [
        (REMOVED, known | {"verified": False}),
        (SET, known | {"verified": True}),
        (SET, known | {"verified": False}),
    ]
    withdrawn, given = await values(desk, contact, "consents")
    assert (withdrawn[0], given[0]) == (REMOVED, SET)
    assert (given[1]["purpose"], given[1]["channel"], given[1]["notice_version"]) == ("marketing", "mail", 3)


async def test_a_relation_has_a_history_at_both_ends(desk: Desk) -> None:
    one, other = await desk.say(anna()), await desk.say(anna())
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=other), one)
    relation = {"kind": "household-of", "direction": "outward", "other_id": str(other)}
    assert await values(desk, one, "relations") == [(SET, relation)]
    relation |= {"direction": "inward", "other_id": str(one)}
    assert await values(desk, other, "relations") == [(SET, relation)]


async def test_the_history_of_a_merged_customer_is_that_of_its_contacts(desk: Desk) -> None:
    one, other, merge = await desk.say(anna()), await desk.say(anna()), uuid4()
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    found = await history(desk, other, "name")
    assert (found.customer_id, [value.contact_id for value in found.values]) == (one, [other, one])
    assert (await values(desk, other, "customer_id"))[0][1] == str(one)
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    assert [value for _, value in await values(desk, other, "customer_id")] == [
        str(other),
        str(one),
        str(other),
    ]


async def test_a_history_comes_in_pages(desk: Desk) -> None:
    contact = await desk.say(anna())
    for n in range(4):
        await desk.say(commands.CorrectName(name=Name(given=f"Anna {n}")), contact)
    whole = (await history(desk, contact, "name")).values
    paged: list[PastValue] = []
    cursor = None
    while len(paged) < 5:
        page = await history(desk, contact, "name", limit=2, cursor=cursor)
        paged, cursor = [*paged, *page.values], page.cursor
    assert (tuple(paged), cursor) == (whole, None)
    assert len(whole) == 5


def test_an_unknown_field_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(Problem) as refusal:
        validated_texts(FieldAsked, {"id": str(OWNER), "field": "shoe_size"})
    assert (refusal.value.status, refusal.value.pointer) == (422, "/field")
    assert all(field.value in refusal.value.sentence for field in Field)


async def test_a_foreign_contact_has_no_history(desk: Desk) -> None:
    contact = await desk.say(anna())
    desk.org_id = uuid4()
    assert await desk.ask(HISTORY, id=contact, field="name") is None
