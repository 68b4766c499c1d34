"""What changed between two times is the difference of the pages that were shown then, with what happened."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.web.access import Role
from kernel.web.problems import Problem
from services.contacts import commands
from services.contacts.events.relations import RelationKind
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past.cells import cells_of, pointer
from services.projections.customers.past.changes import CHANGES, Changes
from tests.services.projections.desk import Desk
from tests.services.projections.past.lives import Lives, clock
from tests.services.projections.test_page import basket, person


async def changes(
    desk: Desk, contact: UUID, since: datetime, to: datetime | None = None, **asked: Any
) -> Changes:
    times: dict[str, Any] = {"from": since, "to": to}
    found: Changes = await desk.ask(CHANGES, id=contact, **times, **asked)
    return found


def cells(found: Changes) -> dict[str, tuple[Any, Any]]:
    return {one.cell: (one.before, one.after) for one in found.cells}


async def test_a_change_tells_the_cells_and_the_events(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    before = await clock(desk)
    await desk.say(commands.PreferLanguage(language="de"), anna)
    await desk.say(commands.PreferLanguage(language="en"), anna)
    after = await clock(desk)
    await desk.say(commands.PreferLanguage(language="fr"), anna)
    found = await changes(desk, anna, before, after)
    assert cells(found) == {"/preferences/language": (None, "en")}
    assert [event.type for event in found.events] == ["LanguagePreferred"] * 2
    assert (found.events[0].recorded_at > found.events[1].recorded_at, found.count) == (True, 2)
    assert cells(await changes(desk, anna, before)) == {"/preferences/language": (None, "fr")}
    assert cells(await changes(desk, anna, after, after)) == {}
    only = await changes(desk, anna, before, limit=1)
    assert (len(only.events), only.count) == (1, 3)


async def test_a_merge_brings_what_the_other_one_bought_and_an_unmerge_takes_it_away(desk: Desk) -> None:
    one, other, merge = await desk.say(person("Anna")), await desk.say(person("Anne")), uuid4()
    await desk.say(basket("2026-01-02", "2", contact=one))
    await desk.say(basket("2026-01-02", "1", contact=other))
    alone = await clock(desk)
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    merged = await clock(desk)
    await desk.say(basket("2026-01-03", "4", contact=other))
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    parted = await clock(desk)
    await desk.say(basket("2026-01-04", "8", contact=other))
    eur = {"currency": "EUR"}
    brought = await changes(desk, one, alone, merged)
    assert cells(brought)["/purchases/EUR/net"] == ({"amount": "2", **eur}, {"amount": "3", **eur})
    assert cells(brought)[f"/contacts/{other}/given"] == (None, "Anne")
    assert [event.type for event in brought.events] == ["CustomerJoined"]
    taken = await changes(desk, one, merged, parted)
    assert cells(taken)["/purchases/EUR/net"] == ({"amount": "3", **eur}, {"amount": "2", **eur})
    assert [event.type for event in taken.events] == ["CustomerLeft", "PurchaseRecorded"]
    assert [event.type for event in (await changes(desk, one, merged)).events] == [
        "CustomerLeft",
        "PurchaseRecorded",
    ]


async def test_from_before_it_was_there_everything_is_new(desk: Desk) -> None:
    before = await clock(desk)
    anna = await desk.say(person("Anna"))
    found = await changes(desk, anna, before)
    assert cells(found)[f"/contacts/{anna}/given"] == (None, "Anna")
    assert [event.type for event in found.events] == ["ContactRegistered"]
    assert await changes(desk, anna, before, before) is None
    assert await changes(desk, uuid4(), before) is None


async def test_the_earlier_time_comes_first(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    before, after = await clock(desk), await clock(desk)
    with pytest.raises(Problem) as refused:
        await changes(desk, anna, after, before)
    assert (refused.value.code, refused.value.pointer) == ("invalid", "/from")


async def test_a_customer_does_not_learn_of_one_with_whom_it_was_merged_by_mistake(desk: Desk) -> None:
    anna, other, merge = await desk.say(person("Anna")), await desk.say(person("Anne")), uuid4()
    alone = await clock(desk)
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), anna)
    merged = await clock(desk)
    await desk.say(commands.UnmergeContact(merge_id=merge), anna)
    parted = await clock(desk)

    async def seen(since: datetime, to: datetime | None) -> bool:
        asked = {"id": other, "from": since, "to": to}
        return await desk.ask(CHANGES, role=Role.CUSTOMER, contact=other, **asked) is not None

    assert not await seen(alone, merged)
    assert not await seen(merged, None)
    assert await seen(alone, parted)


@pytest.mark.parametrize("seed", [7, 8])
async def test_any_two_pages_differ_by_what_changed_between_them(desk: Desk, seed: int) -> None:
    lives = Lives(desk, seed)
    shown: list[tuple[datetime, dict[UUID, Any]]] = []
    for step in range(40):
        await lives.go_on()
        if step % 6 == 0:
            pages = {contact: await desk.ask(CUSTOMER, id=contact) for contact in lives.contacts}
            shown.append((await clock(desk), pages))
    for (since, before), (to, after) in combinations(shown, 2):
        for contact, page in after.items():
            was = cells_of(before[contact]) if contact in before else {}
            now = cells_of(page)
            found = await changes(desk, contact, since, to, limit=200)
            assert cells(found) == {
                pointer(path): (was.get(path), now.get(path))
                for path in was.keys() | now.keys()
                if was.get(path) != now.get(path)
            }
            assert all(since < event.recorded_at <= to for event in found.events)
            assert found.events or not found.cells


async def test_an_event_that_speaks_of_two_of_its_contacts_is_told_once(desk: Desk) -> None:
    one, other = await desk.say(person("Anna")), await desk.say(person("Anne"))
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), one)
    merged = await clock(desk)
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=other), one)
    found = await changes(desk, one, merged)
    assert ([event.type for event in found.events], found.count) == (["RelationAdded"], 1)
