"""Two versions of a view are compared row by row, and nothing personal is told of what differs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.view.tables import table_sql
from ops.errors import CannotRun
from ops.rebuilding import comparing
from ops.rebuilding.comparing import compare
from services.projections.customers.person import PERSON
from tests.ops.verify.showing import CONTACTS, Shown, showing
from tests.ops.verify.verifying import ORG

SECOND = replace(PERSON, build=2)


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """Two versions of a view that have taken the same events."""
    async with showing(settings, postgres, tmp_path) as made:
        owner = await connect_pool(settings, "projections_owner", max_size=1)
        await owner.execute(table_sql(SECOND))
        await owner.close()
        made.log.views = [SECOND]
        await made.take()
        yield made


async def test_versions_of_the_same_events_are_the_same(shown: Shown) -> None:
    found = await compare(shown.worker, PERSON, SECOND, print)
    assert found.same
    assert found.alike == len(CONTACTS)


async def test_a_changed_cell_is_found_with_both_values_as_digests(shown: Shown) -> None:
    await shown.db.execute("UPDATE person__v1_2 SET family = 'Babbage' WHERE contact_id = $1", CONTACTS[5])
    found = await compare(shown.worker, PERSON, SECOND, print)
    assert (found.alike, found.different, found.only_here, found.only_there) == (19, 1, 0, 0)
    (fault,) = found.first
    assert fault["row"] == {"org": str(ORG), "contact_id": str(CONTACTS[5])}
    (cell,) = fault["columns"]
    assert cell["column"] == "family"
    assert cell["here"].startswith("digest:")
    assert cell["here"] != cell["there"]
    assert not any(name in json.dumps(fault) for name in ("Babbage", "Lovelace", "Byron", "Ada"))


async def test_a_row_that_is_found_by_other_terms_is_different(shown: Shown) -> None:
    assert await shown.db.fetch("SELECT FROM person__v1_2_term WHERE contact_id = $1", CONTACTS[5])
    await shown.db.execute("DELETE FROM person__v1_2_term WHERE contact_id = $1", CONTACTS[5])
    found = await compare(shown.worker, PERSON, SECOND, print)
    assert (found.alike, found.different, found.only_here, found.only_there) == (19, 1, 0, 0)
    (fault,) = found.first
    (cell,) = fault["columns"]
    assert (cell["column"], cell["there"]) == ("terms", None)
    assert cell["here"].startswith("digest:")


async def test_a_row_too_many_and_a_row_too_few_are_found(shown: Shown) -> None:
    await shown.db.execute("DELETE FROM person__v1_2 WHERE contact_id = $1", CONTACTS[3])
    other = uuid4()
    await shown.db.execute(
        "UPDATE person__v1_2 SET contact_id = $2 WHERE contact_id = $1", CONTACTS[4], other
    )
    found = await compare(shown.worker, PERSON, SECOND, print)
    assert (found.alike, found.different, found.only_here, found.only_there) == (18, 0, 2, 1)
    told = {(fault["fault"], fault["row"]["contact_id"]) for fault in found.first}
    assert told == {
        ("only_here", str(CONTACTS[3])),
        ("only_here", str(CONTACTS[4])),
        ("only_there", str(other)),
    }


async def test_versions_that_do_not_come_to_the_same_event_are_not_compared(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "SECONDS_TO_MEET", 0.1)
    await shown.db.execute("UPDATE checkpoint SET topics = '{}' WHERE taker = 'person__v1_2'")
    with pytest.raises(CannotRun, match="did not come to the same event"):
        await compare(shown.worker, PERSON, SECOND, print)
