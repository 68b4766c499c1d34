"""What stands in the tables of every view is what its fold comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.taking.arrivals import Arrival
from kernel.taking.fact import Fact
from kernel.view import rows
from kernel.view.batch.saving import save
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.tables import terms_table
from kernel.view.terms import lines
from kernel.view.view import View
from services.projections.app import VIEWS
from tests.folding import fold_all
from tests.generating import histories
from tests.kernel.view.conftest import rows_of

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.table_name)


async def take(db: asyncpg.Connection, view: View[Any], facts: Sequence[Fact[Any]]) -> None:
    """One batch, as the worker takes it once its checkpoints are locked."""
    found = steps(view, [arrival(fact) for fact in facts])
    loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
    folded = fold(view, found, loaded, set())
    assert not folded.parked
    await save(db, view, loaded, folded)


def arrival(fact: Fact[Any]) -> Arrival:
    return Arrival(
        fact.service, 1, fact.partition, 0, fact.raw, fact.envelope, fact.position, fact=fact, opened=fact
    )


@each_view
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rows_and_terms_are_those_of_the_fold_however_the_log_is_cut_into_batches(
    pool: asyncpg.Pool, view: View[Any], data: st.DataObject
) -> None:
    facts = data.draw(histories(view.reads)).told(data.draw(st.lists(st.integers(0, 5))), [3, 3, 4, 4, 5, 5])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(facts)), max_size=4)))
    async with pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        for begin, end in zip([0, *cuts], [*cuts, len(facts)], strict=True):
            await take(db, view, facts[begin:end])
        expected = fold_all(view, facts)
        assert await rows_of(db, view) == expected
        if view.terms:
            found = await db.fetch(
                f"SELECT org_id, kind, term, {view.key[0]}, partition FROM {terms_table(view)}"
            )
            assert {tuple(record) for record in found} == lines(view, expected)
        await transaction.rollback()
