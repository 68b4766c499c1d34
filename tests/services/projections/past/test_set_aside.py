"""What a view has parked or dropped is left out of its past as it is of the live page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.taking.fact import Fact
from kernel.taking.parking.dropping import drop
from kernel.taking.parking.which import Which
from kernel.view.view import View
from kernel.web.problems import Problem
from services.contacts import commands
from services.contacts.events import LanguagePreferred
from services.projections.app import VIEWS
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past.changes import CHANGES
from services.projections.customers.past.explain import EXPLAIN
from services.projections.customers.person import PERSON
from services.projections.operations.journal import JOURNAL
from tests.kernel.view.conftest import retry
from tests.services.projections.desk import Desk
from tests.services.projections.past.lives import clock
from tests.services.projections.test_page import person

POISON = "fr"


def failing(view: View[Any]) -> View[Any]:
    """The same view by a program that cannot take the poison."""

    def keys(fact: Fact[Any]) -> Any:
        if isinstance(fact.event, LanguagePreferred) and fact.event.language == POISON:
            raise ValueError
        return view.keys(fact)

    return replace(view, keys=keys)


def with_failing(*some: View[Any]) -> list[View[Any]]:
    return [failing(view) if view in some else view for view in VIEWS]


SHOWING = next(view for view in (PERSON, CUSTOMER_360) if "crm.contacts.LanguagePreferred" in view.types)
"""The view that shows a customer's language."""


@pytest.fixture
async def anna(desk: Desk) -> UUID:
    """Whose page speaks German; that she prefers French, and then English, is parked."""
    anna = await desk.say(person("Anna"))
    await prefer(desk, anna, "de")
    assert not await desk.fold()
    for language in (POISON, "en"):
        await prefer(desk, anna, language)
    assert await desk.fold(with_failing(SHOWING)) == 2
    return anna


async def prefer(desk: Desk, contact: UUID, language: str) -> None:
    await desk.say(commands.PreferLanguage(language=language), contact)


async def languages(desk: Desk, contact: UUID) -> set[str]:
    """The page's, live and as of now, and the one that is explained."""
    now = await clock(desk)
    pages = [await desk.ask(CUSTOMER, id=contact, **asked) for asked in ({}, {"as_of": now})]
    explained: Any = await desk.ask(EXPLAIN, id=contact, cell="/preferences/language")
    assert explained.events[0].after == explained.value
    return {explained.value, *(page.preferences.language for page in pages)}


async def test_what_is_parked_has_not_happened_yet(desk: Desk, anna: UUID) -> None:
    assert await languages(desk, anna) == {"de"}
    assert (await retry(desk.views, SHOWING, desk.vault)).taken == 2
    assert await languages(desk, anna) == {"en"}


async def test_what_was_dropped_has_never_happened_and_what_came_behind_it_has(
    desk: Desk, anna: UUID
) -> None:
    (first, _) = await desk.views.fetch("SELECT seq FROM parked ORDER BY seq")
    await drop(desk.views, SHOWING.taker, Which(first["seq"]), "said in jest", "ada@desk")
    assert await languages(desk, anna) == {"de"}
    assert (await retry(desk.views, failing(SHOWING), desk.vault)).taken == 1
    assert await languages(desk, anna) == {"en"}
    explained: Any = await desk.ask(EXPLAIN, id=anna, cell="/preferences/language")
    assert [step.after for step in explained.events] == ["en", "de"]


async def test_of_others_what_is_set_aside_is_not_to_be_seen(desk: Desk, anna: UUID) -> None:
    query = "SELECT position FROM parked"
    async with desk.readers.acquire() as db, db.transaction():
        await db.execute("SELECT set_config('rapport.org', $1, true)", str(desk.org_id))
        assert len(await db.fetch(query)) == 2
        await db.execute("SELECT set_config('rapport.org', $1, true)", str(uuid4()))
        assert await db.fetch(query) == []


async def test_where_the_journal_alone_lacks_an_event_nothing_is_answered_about_the_past(desk: Desk) -> None:
    anna = await desk.say(person("Anna"))
    await prefer(desk, anna, POISON)
    assert await desk.fold(with_failing(JOURNAL)) == 1
    assert (await desk.ask(CUSTOMER, id=anna)).preferences.language == POISON
    for query, asked in (
        (CUSTOMER, {"as_of": await clock(desk)}),
        (EXPLAIN, {"cell": "/preferences/language"}),
        (CHANGES, {"from": await clock(desk)}),
    ):
        with pytest.raises(Problem) as refused:
            await desk.ask(query, id=anna, **asked)
        assert (refused.value.code, refused.value.status) == ("unavailable", 503)
    assert (await retry(desk.views, JOURNAL, desk.vault)).taken == 1
    page = await desk.ask(CUSTOMER, id=anna, as_of=await clock(desk))
    assert page.preferences.language == POISON
