"""A timeline shows everything that happened with a customer, to each role what it may see."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kernel.log.facts import service_of
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.access import Role
from kernel.web.problems import Problem
from services.contacts import commands
from services.contacts.events.interactions import Direction
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Channel, ContactKind, Name
from services.projections.customers.timeline.happenings import KINDS, Kind, PersonalPart
from services.projections.customers.timeline.query import TIMELINE, Timeline
from services.projections.operations.journal import JOURNAL
from services.sales.commands import RecordPurchase, ReturnPurchase
from services.sales.events import (
    ProductListed,
    PurchaseLine,
    PurchasesCalledUp,
    PurchasesSetAside,
    ValueTiersSet,
)
from tests.services.projections.desk import Desk

ANNA = commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna", family="Abt"))
CALL = commands.RecordInteraction(direction=Direction.INBOUND, channel=Channel.CALL, subject="Opening hours")


def basket(contact: UUID) -> RecordPurchase:
    line = PurchaseLine(sku="1", quantity=Decimal(1), amount=Decimal("2.50"))
    return RecordPurchase(contact_id=contact, currency="EUR", lines=(line,))


async def timeline(desk: Desk, contact: UUID, **asked: Any) -> Timeline:
    found: Timeline = await desk.ask(TIMELINE, id=contact, **asked)
    return found


async def types(desk: Desk, contact: UUID, **asked: Any) -> list[str]:
    """What happened, over all pages."""
    found, cursor = [], None
    while True:
        page = await timeline(desk, contact, cursor=cursor, **asked)
        found += [event.type for event in page.events]
        if (cursor := page.cursor) is None:
            return found


async def test_whatever_service_it_came_from_it_stands_there_newest_first(desk: Desk) -> None:
    anna = await desk.say(ANNA)
    await desk.say(CALL, anna)
    purchase = await desk.say(basket(anna))
    await desk.say(ReturnPurchase(), purchase)
    everything = ["PurchaseReturned", "PurchaseRecorded", "InteractionRecorded", "ContactRegistered"]
    for limit in (1, 2, 3, 4, 5):
        assert await types(desk, anna, limit=limit) == everything
    assert await types(desk, anna, kind=Kind.PURCHASES, limit=1) == everything[:2]
    assert await types(desk, anna, kind=Kind.MERGES) == []


async def test_what_is_imported_stands_where_it_belongs(desk: Desk) -> None:
    anna = await desk.say(ANNA)
    await desk.say(CALL, anna, imported_at=datetime(2017, 1, 1, tzinfo=UTC))
    assert await types(desk, anna) == ["ContactRegistered", "InteractionRecorded"]


async def test_an_event_can_be_read_as_it_is(desk: Desk) -> None:
    anna = await desk.say(ANNA)
    await desk.say(CALL, anna)
    event = (await timeline(desk, anna)).events[0]
    assert (event.service, event.kind, event.actor) == ("contacts", Kind.INTERACTIONS, "anna")
    assert event.contact_ids == (anna,)
    assert b'"channel":"call"' in bytes(event.data)
    assert bytes(event.personal or b"") == b'{"subject":"Opening hours"}'
    assert event.personal_part is PersonalPart.OPEN


async def test_personal_parts_stay_sealed_to_a_marketer(desk: Desk) -> None:
    anna = await desk.say(ANNA)
    await desk.say(commands.AssignOwner(owner_id=uuid4()), anna)
    found = await timeline(desk, anna, role=Role.MARKETER)
    assert [(event.personal, event.personal_part) for event in found.events] == [
        (None, PersonalPart.NONE),
        (None, PersonalPart.SEALED),
    ]


async def test_what_is_erased_is_said_to_be_erased(desk: Desk, database: Settings, postgres: str) -> None:
    anna = await desk.say(ANNA)
    administrator = await asyncpg.connect(postgres, database=database.dsn["vault_owner"].rsplit("/", 1)[1])
    await administrator.execute("UPDATE vault.person_key SET wrapped = NULL")
    await administrator.close()
    desk.vault = await Vault.open(database)  # another process, whose cache is empty
    (event,) = (await timeline(desk, anna)).events
    await desk.vault.close()
    assert (event.personal, event.personal_part) == (None, PersonalPart.ERASED)


async def test_a_customers_timeline_is_that_of_all_its_contacts_and_shows_an_event_once(desk: Desk) -> None:
    one, other, merge = await desk.say(ANNA), await desk.say(ANNA), uuid4()
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=other), one)
    before = [await types(desk, contact) for contact in (one, other)]
    assert before == [["RelationAdded", "ContactRegistered"]] * 2
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    merged = await types(desk, other, limit=2)
    assert sorted(merged[:2]) == ["ContactsAbsorbed", "CustomerJoined"]
    assert merged[2:] == ["RelationAdded", "ContactRegistered", "ContactRegistered"]
    assert (await timeline(desk, other)).customer_id == one
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    assert "RelationAdded" in await types(desk, other)
    assert (await types(desk, one)).count("ContactRegistered") == 1


async def test_a_cursor_belongs_to_its_customer_and_kind(desk: Desk) -> None:
    one, other = await desk.say(ANNA), await desk.say(ANNA)
    await desk.say(CALL, one)
    cursor = (await timeline(desk, one, limit=1)).cursor
    for contact, asked in ((other, {}), (one, {"kind": Kind.PURCHASES})):
        with pytest.raises(Problem, match="bad-cursor"):
            await timeline(desk, contact, cursor=cursor, **asked)


async def test_an_unknown_contact_has_no_timeline(desk: Desk) -> None:
    anna = await desk.say(ANNA)
    assert await desk.ask(TIMELINE, id=uuid4()) is None
    desk.org_id = uuid4()
    assert await desk.ask(TIMELINE, id=anna) is None


def test_every_event_about_a_contact_is_of_one_kind() -> None:
    found = [cls for classes in KINDS.values() for cls in classes]
    assert len(found) == len(set(found))
    speaking_of_none = {ProductListed, ValueTiersSet, PurchasesSetAside, PurchasesCalledUp}
    of_partners = {cls for cls in JOURNAL.reads if service_of(cls) == "partners"}
    assert set(JOURNAL.reads) - set(found) == speaking_of_none | of_partners
