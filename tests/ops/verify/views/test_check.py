"""The oracle compares every view with the fold of the log, and shows nothing personal in doing so."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.taking.arrivals import Reading
from kernel.taking.fact import Fact
from kernel.taking.parking.dropping import drop
from kernel.taking.parking.which import Which
from kernel.view.batch.applying import apply
from kernel.view.building import beside
from ops.verify.table import text
from ops.verify.views.check import Parked, as_parked
from ops.verify.views.folding import Fold
from services.projections.customers.person import PERSON, Person
from services.projections.operations.journal import JOURNAL
from tests.kernel.view.conftest import retry
from tests.ops.verify.showing import CONTACTS, VIEWS, Shown, life, showing
from tests.ops.verify.verifying import ORG, faults


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    async with showing(settings, postgres, tmp_path) as made:
        yield made


async def test_views_that_are_right_have_no_faults(shown: Shown):
    reports = await shown.reports()
    assert [faults(report) for report in reports.values()] == [{}, {}]
    assert reports["person__v1"].figures == {"rows": len(CONTACTS), "behind": 0, "dropped": 0}


async def test_every_version_that_is_followed_is_compared(shown: Shown):
    pool = await connect_pool(shown.log.settings, "projections_owner", max_size=1)
    async with pool.acquire() as owner:
        await beside.follow(owner, await beside.begun(owner, PERSON))
        await beside.begun(owner, PERSON)
    await pool.close()
    shown.log.views = [replace(PERSON, build=2)]
    await shown.take()
    await shown.db.execute("DELETE FROM person__v1_2 WHERE contact_id = $1", CONTACTS[5])
    found = {name: faults(report) for name, report in (await shown.reports()).items()}
    assert found == {"person__v1": {}, "person__v1_2": {"only_in_fold": 1}}


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
    await shown.db.execute("UPDATE person__v1_term SET term = 'babbage' WHERE starts_with(term, 'lovelace5')")
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
        "UPDATE checkpoint SET topics = $1 WHERE taker = 'person__v1' AND partition = 3", topics
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


async def test_of_a_parked_record_that_is_no_event_the_offset_is_told(shown: Shown):
    stranger = Reading(VIEWS).read("contacts", 1, 3, 17_286, b"no event")
    await apply(shown.worker, PERSON, [stranger])
    told = text(await shown.log.verdict())
    assert "person__v1: parked 1: " in told
    assert "partition 3, service contacts, offset 17286, reason " in told


async def test_what_was_parked_and_then_taken_is_right_again(shown: Shown):
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    shown.log.views = (replace(PERSON, fold=refuse),)
    await shown.take()
    shown.log.views = (PERSON,)
    assert faults((await shown.reports())["person__v1"]) == {"parked": 3}
    await retry(shown.worker, PERSON, shown.vault)
    assert faults((await shown.reports())["person__v1"]) == {}


async def test_what_was_dropped_is_told_and_is_no_fault(shown: Shown):
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    shown.log.views = (replace(PERSON, fold=refuse),)
    await shown.take()
    shown.log.views = (PERSON,)
    assert await drop(shown.worker, PERSON.taker, Which(stream_id=contact), "a test", "tester") == 3
    report = (await shown.reports())["person__v1"]
    assert faults(report) == {}
    assert report.figures["dropped"] == 3


def refuse(row: Person, fact: Fact[Any]) -> Person:
    raise ValueError


def test_a_fold_begins_anew_when_the_view_meanwhile_took_what_it_had_parked():
    fold = Fold(PERSON, frozenset({("contacts", 3)}))
    fold.done["contacts"] = 5
    still, new = Parked("contacts", 3, 2, "ValueError"), Parked("contacts", 7, 6, "ValueError")
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


async def test_a_lost_version_is_looked_at_for_as_long_as_it_is_read(shown: Shown):
    await shown.db.execute("UPDATE view_version SET state = 'lost' WHERE name = 'person__v1'")
    await shown.db.execute("UPDATE person__v1 SET family = 'Babbage' WHERE contact_id = $1", CONTACTS[5])
    assert faults((await shown.reports())["person__v1"]) == {"different": 1}
