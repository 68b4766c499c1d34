"""The oracle compares every view with the fold of the log, and shows nothing personal in doing so."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.log.append import NewEvent
from kernel.log.envelope import write
from kernel.log.facts import Event, encode, type_of
from kernel.settings import Settings
from kernel.vault.sealing import binding, seal
from kernel.vault.vault import Vault
from kernel.view.applying import apply
from kernel.view.arrivals import Reading
from kernel.view.fact import Fact
from kernel.view.opening import open_personal
from kernel.view.retry import retry
from ops.verify.folding import Fold
from ops.verify.report import Report
from ops.verify.table import text
from ops.verify.views import Parked, as_parked
from services.contacts.events import ContactRegistered, IdentifierAdded, NameCorrected
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.person import PERSON, Person
from services.projections.operations.journal import JOURNAL
from services.projections.shared.identity import IDENTITY
from tests.ops.verifying import ORG, World, faults, world

VIEWS = (IDENTITY, PERSON)
CONTACTS = [uuid5(ORG, f"contact {number}") for number in range(20)]


@dataclass
class Shown:
    """A log of contacts, and views that have taken all of it."""

    log: World
    vault: Vault
    worker: asyncpg.Pool
    db: asyncpg.Connection
    """The administrator's connection to the views."""

    async def record(self, contact: UUID, version: int, *events: Event) -> None:
        """Appends events with their personal parts sealed."""
        await self.log.command(
            contact,
            version,
            [await self._sealed(contact, version + n, one) for n, one in enumerate(events, 1)],
        )

    async def _sealed(self, contact: UUID, version: int, event: Event) -> NewEvent:
        key = (await self.vault.keys(ORG, [contact], create=True))[contact]
        event_id, (data, personal) = uuid4(), encode(event)
        sealed = (
            None
            if personal is None
            else seal(key, personal, binding(event_id, contact, version, type_of(type(event))))
        )
        return NewEvent(event_id, type(event).__name__, 1, data, sealed, datetime.now(UTC))

    async def take(self) -> None:
        """Brings the views to the end of the log, as the worker does."""
        reading = Reading(self.log.views)
        log = enumerate(await self.log.stored())
        arrivals = [
            reading.read("contacts", 1, partition, offset, write(fact)) for offset, (partition, fact) in log
        ]
        await open_personal(self.vault, reading.personal, arrivals)
        for view in self.log.views:
            await apply(self.worker, view, arrivals)

    async def reports(self) -> dict[str, Report]:
        verdict = await self.log.verdict()
        return {report.name: report for report in verdict.views}


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(world(settings, postgres, tmp_path))
        log.views = VIEWS
        vault = await Vault.open(settings)
        stack.push_async_callback(vault.close)
        worker = await connect_pool(settings, "projections_log")
        stack.push_async_callback(worker.close)
        database = settings.dsn["contacts_log"].rsplit("/", 1)[1]
        db = await asyncpg.connect(
            postgres, database=database, server_settings={"search_path": "projections"}
        )
        stack.push_async_callback(db.close)
        made = Shown(log, vault, worker, db)
        for number, contact in enumerate(CONTACTS):
            await made.record(contact, 0, *life(number, contact))
        await made.take()
        yield made


def life(number: int, contact: UUID) -> Sequence[Event]:
    """Registered, and later called otherwise."""
    name, later = Name(given="Ada", family=f"Byron{number}"), Name(given="Ada", family=f"Lovelace{number}")
    return (
        ContactRegistered(
            contact_id=contact, kind=ContactKind.PERSON, personal=ContactRegistered.Personal(name=name)
        ),
        NameCorrected(contact_id=contact, personal=NameCorrected.Personal(name=later)),
        IdentifierAdded(
            contact_id=contact,
            kind="email",
            personal=IdentifierAdded.Personal(value=f"ada{number}@example.org"),
        ),
    )


async def test_views_that_are_right_have_no_faults(shown: Shown):
    reports = await shown.reports()
    assert [faults(report) for report in reports.values()] == [{}, {}]
    assert reports["person__v1"].figures == {"rows": len(CONTACTS), "behind": 0}


async def test_a_view_that_is_behind_is_no_fault(shown: Shown):
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    reports = await shown.reports()
    assert faults(reports["person__v1"]) == {}
    assert reports["person__v1"].figures["behind"] == 3


async def test_a_wrong_cell_is_found_with_its_events_and_no_personal_value(shown: Shown):
    await shown.db.execute("UPDATE person__v1 SET family = 'Babbage' WHERE contact_id = $1", CONTACTS[5])
    report = (await shown.reports())["person__v1"]
    assert faults(report) == {"different": 1}
    (found,) = report.first
    assert found["row"] == {"org": str(ORG), "contact_id": str(CONTACTS[5])}
    assert [cell["column"] for cell in found["columns"]] == ["family"]
    events = await shown.log.db.fetch(
        "SELECT event_id FROM event WHERE stream_id = $1 ORDER BY version", CONTACTS[5]
    )
    assert found["events"] == [str(event["event_id"]) for event in events]
    assert not any(name in json.dumps(found) for name in ("Babbage", "Lovelace", "Byron", "Ada"))


async def test_a_wrong_cell_of_a_view_without_personal_values_is_shown_as_it_is(shown: Shown):
    other = uuid4()
    await shown.db.execute(
        "UPDATE identity__v1 SET customer_id = $2 WHERE contact_id = $1", CONTACTS[5], other
    )
    report = (await shown.reports())["identity__v1"]
    assert report.first[0]["columns"] == [
        {"column": "customer_id", "view": str(other), "fold": str(CONTACTS[5])}
    ]


async def test_a_cell_that_cannot_be_read_is_found(shown: Shown):
    await shown.db.execute("UPDATE person__v1 SET identifiers = '{}' WHERE contact_id = $1", CONTACTS[5])
    assert faults((await shown.reports())["person__v1"]) == {"different": 1}


async def test_a_row_that_the_view_lacks_is_found(shown: Shown):
    await shown.db.execute("DELETE FROM identity__v1 WHERE contact_id = $1", CONTACTS[5])
    report = (await shown.reports())["identity__v1"]
    assert faults(report) == {"only_in_fold": 1}
    assert len(report.first[0]["events"]) == 1


async def test_a_row_that_nothing_made_is_found(shown: Shown):
    await shown.db.execute(
        "INSERT INTO identity__v1 SELECT org_id, $1, partition, 1, $1 FROM identity__v1 LIMIT 1", uuid4()
    )
    report = (await shown.reports())["identity__v1"]
    assert faults(report) == {"only_in_view": 1}
    assert report.first[0]["events"] == []


async def test_terms_that_do_not_follow_their_rows_are_found(shown: Shown):
    await shown.db.execute("UPDATE person__v1_term SET term = 'babbage' WHERE term = 'lovelace5'")
    report = (await shown.reports())["person__v1"]
    assert faults(report) == {"terms": 2}
    assert sorted(found["missing"] for found in report.first) == [False, True]
    assert "lovelace" not in text(await shown.log.verdict())


async def test_an_event_that_was_never_applied_is_found(shown: Shown):
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    for row in await shown.log.db.fetch("SELECT partition, last FROM counter"):
        topics = {"contacts": {"generation": 1, "position": row["last"], "offset": row["last"]}}
        await shown.worker.execute(
            "UPDATE checkpoint SET topics = $2 WHERE partition = $1", row["partition"], topics
        )
    reports = await shown.reports()
    assert faults(reports["person__v1"]) == {"only_in_fold": 1, "terms": 3}
    assert faults(reports["identity__v1"]) == {"only_in_fold": 1}


async def test_a_view_ahead_of_the_log_is_found(shown: Shown):
    topics = {"contacts": {"generation": 1, "position": 99, "offset": 99}}
    await shown.worker.execute(
        "UPDATE checkpoint SET topics = $1 WHERE view = 'person' AND partition = 3", topics
    )
    assert faults((await shown.reports())["person__v1"]) == {"ahead": 1}


async def test_parked_events_are_told_and_what_they_left_out_is_no_second_fault(shown: Shown):
    contact = uuid4()
    registered, corrected, added = life(100, contact)
    await shown.record(contact, 0, registered, corrected, added)
    await shown.log.db.execute("UPDATE event SET data = '[]' WHERE stream_id = $1 AND version = 2", contact)
    await shown.take()
    reports = await shown.reports()
    assert faults(reports["person__v1"]) == {"parked": 2}
    assert faults(reports["identity__v1"]) == {}


async def test_what_was_parked_and_then_taken_is_right_again(shown: Shown):
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    shown.log.views = (replace(PERSON, fold=refuse),)
    await shown.take()
    shown.log.views = (PERSON,)
    assert faults((await shown.reports())["person__v1"]) == {"parked": 3}
    await retry(shown.worker, PERSON, shown.vault)
    assert faults((await shown.reports())["person__v1"]) == {}


def refuse(row: Person, fact: Fact[Any]) -> Person:
    raise ValueError


def test_a_fold_begins_anew_when_the_view_meanwhile_took_what_it_had_parked():
    fold = Fold(PERSON, frozenset({("contacts", 3)}))
    fold.done["contacts"] = 5
    still, new = Parked("contacts", 3, "ValueError"), Parked("contacts", 7, "ValueError")
    assert as_parked(fold, [still, new]) is fold
    assert fold.parked == {("contacts", 3), ("contacts", 7)}
    anew = as_parked(fold, [new])
    assert anew is not fold
    assert (anew.done["contacts"], anew.parked) == (0, {("contacts", 7)})


async def test_an_event_that_cannot_be_folded_and_is_not_parked_is_found(shown: Shown):
    await shown.log.db.execute(
        "UPDATE event SET data = '[]' WHERE stream_id = $1 AND version = 2", CONTACTS[3]
    )
    report = (await shown.reports())["person__v1"]
    assert report.faults["unfoldable"] == 1
    assert report.faults["different"] == 1


async def test_the_journal_holds_every_event_as_it_was(shown: Shown):
    shown.log.views = (JOURNAL,)
    await shown.take()
    assert faults((await shown.reports())["journal__v1"]) == {}
    change = "UPDATE journal__v1 SET value = 'other' WHERE subject_id = $1 AND type LIKE '%Registered'"
    await shown.db.execute(change, CONTACTS[0])
    report = (await shown.reports())["journal__v1"]
    assert faults(report) == {"different": 1}
    (cell,) = report.first[0]["columns"]
    assert cell["column"] == "value"
    assert all(cell[side].startswith("digest:") for side in ("view", "fold"))
