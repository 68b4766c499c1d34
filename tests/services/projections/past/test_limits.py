"""What an answer about the past is not made of: too many events, erased persons, versions yet unknown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kernel.log.facts import UnknownVersion
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.problems import Problem
from services.contacts import commands
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.past import recalling
from services.projections.customers.past.changes import CHANGES
from services.projections.customers.past.explain import EXPLAIN
from services.projections.customers.timeline.query import TIMELINE
from services.projections.shared import memory
from tests.services.projections.desk import Desk
from tests.services.projections.past.lives import clock
from tests.services.projections.test_page import person


async def talkative(desk: Desk, languages: int) -> UUID:
    anna = await desk.say(person("Anna"))
    for number in range(languages):
        await desk.say(commands.PreferLanguage(language="de" if number % 2 else "en"), anna)
    return anna


async def test_of_more_events_than_are_folded_nothing_is_loaded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await talkative(desk, 4)
    then = await clock(desk)
    monkeypatch.setattr(memory, "MOST_EVENTS", 5)
    await desk.ask(CUSTOMER, id=anna, as_of=then)
    for language in ("fr", "es"):
        await desk.say(commands.PreferLanguage(language=language), anna)
    await desk.ask(CUSTOMER, id=anna, as_of=then)

    monkeypatch.setattr(recalling, "PAGE", None)  # with which they would be read
    for query, more in (
        (CUSTOMER, {"as_of": await clock(desk)}),
        (EXPLAIN, {"cell": "/preferences/language"}),
        (CHANGES, {"from": then}),
    ):
        with pytest.raises(Problem) as refused:
            await desk.ask(query, id=anna, **more)
        assert (refused.value.code, refused.value.status) == ("too-many-events", 422)
    assert len((await desk.ask(TIMELINE, id=anna, as_of=await clock(desk))).events) == 7
    monkeypatch.undo()
    monkeypatch.setattr(memory, "MOST_EVENTS", 5)  # a cell is made of fewer events than its page
    assert (await desk.ask(EXPLAIN, id=anna, cell="/contacts/0/given")).value == "Anna"


async def test_whoever_is_erased_is_erased_at_every_time(
    desk: Desk, database: Settings, postgres: str
) -> None:
    anna = await desk.say(person("Anna"))
    then = await clock(desk)
    assert (await desk.ask(CUSTOMER, id=anna, as_of=then)).contacts[0].given == "Anna"
    administrator = await asyncpg.connect(postgres, database=database.dsn["vault_owner"].rsplit("/", 1)[1])
    await administrator.execute("UPDATE vault.person_key SET wrapped = NULL")
    await administrator.close()
    desk.vault = await Vault.open(database)  # another process, whose cache is empty
    assert (await desk.ask(CUSTOMER, id=anna, as_of=then)).contacts[0].given is None
    explained: Any = await desk.ask(EXPLAIN, id=anna, cell="/contacts/0/given")
    assert (explained.value, explained.events) == (None, ())
    await desk.vault.close()


async def test_an_event_of_a_version_yet_unknown_is_not_left_out_in_silence(
    desk: Desk, database: Settings
) -> None:
    anna = await talkative(desk, 1)
    then = await clock(desk)
    await desk.ask(CUSTOMER, id=anna, as_of=then)
    worker = await asyncpg.connect(
        database.dsn["projections_log"], server_settings={"search_path": "projections"}
    )
    await worker.execute(
        "UPDATE journal__v1 SET value = replace(value::text, encode('LanguagePreferred.v1', 'hex'), "
        "encode('LanguagePreferred.v9', 'hex'))::bytea"
    )
    await worker.close()
    with pytest.raises(UnknownVersion):
        await desk.ask(CUSTOMER, id=anna, as_of=then)
