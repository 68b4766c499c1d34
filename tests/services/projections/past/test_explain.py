"""An explanation names every event that made a value, and what the value was before and after."""

from __future__ import annotations

from asyncio import Semaphore
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from kernel.web.access import Role
from kernel.web.problems import Problem
from kernel.web.process import application
from ops.local import issuer
from services.contacts import commands
from services.contacts.events.preferences import Frequency
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past import explain
from services.projections.customers.past.cells import cells_of, pointer
from services.projections.customers.past.explain import EXPLAIN, Explanation
from tests.services.projections.desk import Desk
from tests.services.projections.past.lives import Lives, clock
from tests.services.projections.test_page import basket, person
from tests.serving import serving


async def explained(desk: Desk, contact: UUID, cell: str, **asked: Any) -> Explanation:
    found: Explanation = await desk.ask(EXPLAIN, id=contact, cell=cell, **asked)
    return found


async def changes(desk: Desk, contact: UUID, cell: str, **asked: Any) -> list[tuple[str, Any, Any]]:
    """What happened, with the value before and after, the latest first."""
    found = await explained(desk, contact, cell, **asked)
    return [(step.event.type, step.before, step.after) for step in found.events]


async def test_a_value_is_what_the_last_event_made_it(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    await desk.say(commands.PreferFrequency(frequency=Frequency.DAILY), anna)
    await desk.say(commands.PreferLanguage(language="de"), anna)
    await desk.say(commands.PreferFrequency(frequency=Frequency.NEVER), anna)
    found = await explained(desk, anna, "/preferences/frequency")
    assert (found.customer_id, found.value, found.count) == (anna, "never", 2)
    assert [(step.before, step.after, step.made_it) for step in found.events] == [
        ("daily", "never", True),
        (None, "daily", False),
    ]
    event = found.events[0].event
    assert (event.type, event.actor, event.stream_id, event.version, event.contact_ids) == (
        "FrequencyPreferred",
        "anna",
        anna,
        4,
        (anna,),
    )


async def test_a_cell_is_meant_by_its_name_or_by_a_pointer_into_the_page(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    await desk.say(basket("2026-01-02", "2.50", contact=anna))
    for cell in ("/purchases/EUR/net", "purchases/EUR/net", "/purchases/0/net"):
        found = await explained(desk, anna, cell)
        assert (found.cell, found.value) == ("/purchases/EUR/net", {"amount": "2.50", "currency": "EUR"})
    deeper = await explained(desk, anna, "/contacts/0/given")
    assert (deeper.cell, deeper.value) == (f"/contacts/{anna}/given", "Anna")
    assert (await explained(desk, anna, "/purchases/0/categories/0/name")).value == "FRUIT"


async def test_of_a_merged_customer_the_events_of_all_its_contacts_are_named(desk: Desk) -> None:
    one, other = await desk.say(person("Anna")), await desk.say(person("Anne"))
    await desk.say(basket("2026-01-02", "1", contact=other))
    await desk.say(basket("2026-01-02", "2", contact=one))
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), one)
    for contact in (one, other):
        assert await changes(desk, contact, "/purchases/EUR/net/amount") == [
            ("PurchaseRecorded", "1", "3"),
            ("PurchaseRecorded", None, "1"),
        ]
    assert await changes(desk, other, "/customer_id") == [
        ("CustomerJoined", str(other), str(one)),
        ("ContactRegistered", None, str(other)),
    ]


async def test_another_one_explains_by_what_name_it_is_shown(desk: Desk) -> None:
    anna, bert = await desk.say(person("Anna")), await desk.say(person("Bert"))
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=bert), anna)
    await desk.say(commands.CorrectName(name=Name(given="Bertold")), bert)
    cell = f"/relations/household-of:outward:{bert}/name"
    assert await changes(desk, anna, cell) == [
        ("NameCorrected", "Bert", "Bertold"),
        ("RelationAdded", None, "Bert"),
    ]
    await desk.say(commands.EndRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=bert), anna)
    assert (await changes(desk, anna, cell))[0] == ("RelationEnded", "Bertold", None)


async def test_an_unknown_cell_is_answered_with_those_that_are_there(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    for cell, there in (
        ("/shoe_size", "/contacts"),
        ("/interactions/most", "/interactions/count"),
        ("/purchases/EUR", "/purchases"),
        ("", "/contacts"),
    ):
        with pytest.raises(Problem) as refused:
            await explained(desk, anna, cell)
        assert (refused.value.code, refused.value.status) == ("no-such-cell", 422)
        assert there in refused.value.members["cells"] or there == "/purchases"


async def test_as_of_a_time_only_what_was_known_then_explains(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    await desk.say(commands.PreferLanguage(language="de"), anna)
    then = await clock(desk)
    await desk.say(commands.PreferLanguage(language="en"), anna)
    found = await explained(desk, anna, "/preferences/language", as_of=then)
    assert (found.value, found.count, found.events[0].made_it) == ("de", 1, True)


async def test_so_many_events_are_told_as_was_asked(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    for language in ("de", "en", "fr"):
        await desk.say(commands.PreferLanguage(language=language), anna)
    found = await explained(desk, anna, "/preferences/language", limit=2)
    assert ([step.after for step in found.events], found.count) == (["fr", "en"], 3)


async def test_only_so_many_long_explanations_are_made_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await desk.say(person("Anna"))
    for language in ("de", "en", "fr"):
        await desk.say(commands.PreferLanguage(language=language), anna)
    monkeypatch.setattr(explain, "LONG_ONES", Semaphore(1))
    async with explain.LONG_ONES:
        assert (await explained(desk, anna, "/preferences/language")).count == 3
        monkeypatch.setattr(explain, "MANY", 2)
        with pytest.raises(Problem) as refused:
            await explained(desk, anna, "/preferences/language")
        assert (refused.value.code, refused.value.status) == ("unavailable", 503)
    assert (await explained(desk, anna, "/preferences/language")).count == 3


async def test_who_may_not_see_the_page_gets_no_explanation(desk: Desk) -> None:
    anna, other = await desk.say(person("Anna")), await desk.say(person("Anne"))
    asked: dict[str, Any] = {"id": anna, "cell": "/contacts/0/given", "role": Role.CUSTOMER}
    assert (await desk.ask(EXPLAIN, contact=anna, **asked)).value == "Anna"
    assert await desk.ask(EXPLAIN, contact=other, **asked) is None
    assert await desk.ask(EXPLAIN, id=uuid4(), cell="/customer_id") is None


@pytest.mark.parametrize("seed", range(2))
async def test_every_cell_of_any_page_is_explained_from_nothing_to_its_value(desk: Desk, seed: int) -> None:
    lives = Lives(desk, seed)
    for _ in range(40):
        await lives.go_on()
    for contact in lives.contacts:
        shown = await desk.ask(CUSTOMER, id=contact)
        for path, value in cells_of(shown).items():
            if path == ("customer_id",) and contact != shown.customer_id:
                continue
            found = await explained(desk, contact, pointer(path), limit=200)
            assert found.value == value
            steps = [*reversed(found.events)]
            assert [step.after for step in steps][-1:] == ([value] if steps else [])
            assert steps or value in (None, 0, [], {})
            assert [step.before for step in steps] == [None, *(step.after for step in steps)][: len(steps)]
            assert [step.made_it for step in steps] == [step is steps[-1] for step in steps]
            times = [step.event.recorded_at for step in steps]
            assert times == sorted(times)


async def test_alone_a_customers_cell_was_after_each_event_what_its_page_showed_then(desk: Desk) -> None:
    anna = await desk.say(
        commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna")),
    )
    for language, amount in (("de", "1"), ("en", "2"), ("de", "3")):
        await desk.say(commands.PreferLanguage(language=language), anna)
        await desk.say(basket("2026-01-02", amount, contact=anna))
    for cell in ("/preferences/language", "/purchases/EUR/net"):
        for step in (await explained(desk, anna, cell)).events:
            page = await desk.ask(CUSTOMER, id=anna, as_of=step.event.recorded_at)
            assert cells_of(page)[tuple(cell[1:].split("/"))] == step.after


async def test_what_grows_with_every_event_is_not_explained_of_many(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await desk.say(person("Anna"))
    for name in ("Bert", "Dora"):
        other = await desk.say(person(name))
        await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=other), anna)
    for day in ("02", "03", "04"):
        await desk.say(basket(f"2026-01-{day}", "2.50", contact=anna))
    cells = ("/purchases", "/purchases/EUR", "/purchases/0")
    for cell in cells:
        assert (await explained(desk, anna, cell)).count == 3
    assert (await explained(desk, anna, f"/relations/household-of:outward:{other}/name")).count == 1
    monkeypatch.setattr(explain, "MANY", 2)
    for cell in (*cells, f"/relations/household-of:outward:{other}/name"):
        with pytest.raises(Problem) as refused:
            await explained(desk, anna, cell)
        assert (refused.value.code, refused.value.pointer) == ("too-many-events", "/cell")
    assert (await explained(desk, anna, "/purchases/EUR/net")).count == 3


async def test_over_http_too_whoever_comes_while_as_much_is_explained_is_told_to_come_again(
    desk: Desk, database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keys(Path(database.keys))
    anna = await desk.say(person("Anna"))
    await desk.say(commands.PreferLanguage(language="de"), anna)
    await desk.fold()
    headers = {"authorization": f"Bearer {issuer.token(database, str(desk.org_id), 'agent')}"}
    asked = {"cell": "/preferences/language"}
    with serving(lambda: application(database, "views")) as address:
        async with httpx.AsyncClient(base_url=address, headers=headers) as http:
            url = f"/customers/{anna}/explain"
            assert (await http.get(url, params=asked)).json()["value"] == "de"
            monkeypatch.setattr(explain, "MANY", 0)
            monkeypatch.setattr(explain, "LONG_ONES", Semaphore(0))
            busy = await http.get(url, params=asked)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
            assert busy.json()["type"] == "urn:rapport:problem:unavailable"
            monkeypatch.setattr(explain, "LONG_ONES", Semaphore(1))
            assert (await http.get(url, params=asked)).json()["value"] == "de"
