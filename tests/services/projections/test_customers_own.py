"""What a customer is shown: itself with all its contacts of now, and of others their ids."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from kernel.log.facts import service_of
from kernel.web.access import Role
from ops.contracts.files import FOLDER
from services.contacts import commands
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind, Name
from services.projections.app import SERVICE
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.timeline.happenings import PersonalPart
from services.projections.customers.timeline.query import TIMELINE
from services.projections.operations.journal import JOURNAL
from tests.asking import required
from tests.services.projections import golden
from tests.services.projections.desk import Desk

OWN = [query for query in SERVICE.queries if Role.CUSTOMER in query.roles]


def person(name: str) -> commands.RegisterContact:
    return commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given=name))


@pytest.mark.parametrize("query", OWN, ids=lambda query: query.path)
async def test_what_is_its_own_follows_merge_and_unmerge(desk: Desk, query: Any) -> None:
    one, other, merge = await desk.say(person("Anna")), await desk.say(person("Ann")), uuid4()
    more: dict[str, Any] = {"field": "name"} if "{field}" in query.path else required(query)
    shown = partial(desk.ask, query, role=Role.CUSTOMER, contact=other, **more)
    assert await shown(id=one) is None
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    assert (await shown(id=one)).customer_id == one
    assert (await shown(id=other)).customer_id == one
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    assert await shown(id=one) is None
    assert (await shown(id=other)).customer_id == other


async def test_a_customer_reads_its_own_personal_values(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    found = await desk.ask(TIMELINE, id=anna, role=Role.CUSTOMER, contact=anna)
    assert [event.personal_part for event in found.events] == [PersonalPart.OPEN]


async def test_others_appear_to_a_customer_by_their_ids_alone(desk: Desk) -> None:
    anna, bert = await desk.say(person("Anna")), await desk.say(person("Bert"))
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=bert), anna)
    for contact, other in ((anna, bert), (bert, anna)):
        [relation] = (await desk.ask(CUSTOMER, id=contact, role=Role.CUSTOMER, contact=contact)).relations
        assert (relation.other_id, relation.name) == (other, None)


def test_what_speaks_of_several_contacts_says_nothing_personal() -> None:
    """It stands in the timeline of each, where the personal part would be another's."""
    examples = [
        golden.event_of(cls, path, personal=True)
        for cls in JOURNAL.reads
        for path in (FOLDER / service_of(cls)).glob(f"{cls.__name__}.v*.example.json")
    ]
    assert any(len(event.subjects()) > 1 for event in examples)
    for event in examples:
        assert getattr(event, "personal", None) is None or len(event.subjects()) == 1, event
