"""Whatever is asked of a customer as of a time is answered as it was answered then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.web.access import Role
from kernel.web.service import Query
from services.contacts import commands
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.field_history.query import HISTORY
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.timeline.query import TIMELINE
from tests.services.projections.desk import Desk
from tests.services.projections.past.lives import Lives, clock

STEPS = 30

QUESTIONS: Sequence[tuple[Query[Any], dict[str, Any]]] = (
    (CUSTOMER, {}),
    (TIMELINE, {"limit": 200}),
    (HISTORY, {"field": "name"}),
    (HISTORY, {"field": "customer_id"}),
)


def person(name: str) -> commands.RegisterContact:
    return commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given=name))


async def answers(desk: Desk, contact: UUID, **asked: Any) -> list[Any]:
    return [await desk.ask(query, id=contact, **asked, **more) for query, more in QUESTIONS]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happened_it_is_answered_as_it_was_answered_then(desk: Desk, seed: int) -> None:
    lives = Lives(desk, seed)
    shown: list[tuple[datetime, dict[UUID, list[Any]]]] = [(await clock(desk), {})]
    for _ in range(STEPS):
        await lives.go_on()
        at = await clock(desk)
        shown.append((at, {contact: await answers(desk, contact) for contact in lives.contacts}))
    unknown = [None] * len(QUESTIONS)
    for at, then in shown:
        for contact in lives.contacts:
            assert await answers(desk, contact, as_of=at) == then.get(contact, unknown)


async def test_before_it_was_registered_there_was_no_such_contact(desk: Desk) -> None:
    before = await clock(desk)
    anna = await desk.say(person("Anna"))
    recorded = (await desk.ask(TIMELINE, id=anna)).events[0].recorded_at
    assert await answers(desk, anna, as_of=before) == [None] * len(QUESTIONS)
    assert (await desk.ask(CUSTOMER, id=anna, as_of=recorded)).contacts[0].given == "Anna"
    assert await desk.ask(CUSTOMER, id=anna, as_of=recorded - timedelta(microseconds=1)) is None


async def test_others_are_called_as_they_were_called_then(desk: Desk) -> None:
    anna, bert = await desk.say(person("Anna")), await desk.say(person("Bert"))
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=bert), anna)
    then = await clock(desk)
    await desk.say(commands.CorrectName(name=Name(given="Bertold")), bert)
    for contact, name in ((anna, "Bert"), (bert, "Anna")):
        assert [one.name for one in (await desk.ask(CUSTOMER, id=contact, as_of=then)).relations] == [name]
    assert (await desk.ask(CUSTOMER, id=anna)).relations[0].name == "Bertold"


async def test_another_organisation_and_an_unknown_contact_had_no_page(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    now = await clock(desk)
    assert await answers(desk, uuid4(), as_of=now) == [None] * len(QUESTIONS)
    desk.org_id = uuid4()
    assert await answers(desk, anna, as_of=now) == [None] * len(QUESTIONS)


async def test_a_customer_does_not_see_with_whom_it_was_once_merged(desk: Desk) -> None:
    anna, other, merge = await desk.say(person("Anna")), await desk.say(person("Anne")), uuid4()
    alone = await clock(desk)
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), anna)
    merged = await clock(desk)
    await desk.say(commands.UnmergeContact(merge_id=merge), anna)

    async def seen(contact: UUID, at: datetime) -> bool:
        found = [
            await desk.ask(query, role=Role.CUSTOMER, contact=other, id=contact, as_of=at, **more)
            for query, more in QUESTIONS
        ]
        assert len({one is None for one in found}) == 1
        return found[0] is not None

    assert await seen(other, alone)
    assert not await seen(other, merged)
    assert not await seen(anna, merged)
    assert not await seen(anna, alone)
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), anna)
    assert await seen(anna, alone)
    assert await seen(anna, merged)
