"""Laws that every view of the wiring keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.view.view import View
from services.projections.app import VIEWS
from tests.folding import fold_all
from tests.generating import combined, histories

SPLITS = st.lists(st.integers(0, 11), min_size=6, max_size=6)
ORDERS = st.lists(st.integers(0, 5), max_size=80)

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.table_name)


@each_view
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_any_split_and_any_interleaving_of_streams_fold_alike(view: View[Any], data: st.DataObject) -> None:
    history = data.draw(histories(view.reads))
    one, other = (
        combined(view, fold_all(view, history.told(data.draw(ORDERS), data.draw(SPLITS)))) for _ in range(2)
    )
    assert one == other


@each_view
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_combining_is_associative_and_commutative_and_the_empty_row_is_its_zero(
    view: View[Any], data: st.DataObject
) -> None:
    history = data.draw(histories(view.reads))
    parts: dict[Any, list[Any]] = {}
    for row_id, row in fold_all(view, history.told([], range(6))).items():
        parts.setdefault(row_id[1], []).append(row)
    for key, rows in parts.items():
        assert (
            view.combined([*rows, view.empty(key)]) == view.combined(rows) if view.combine else len(rows) == 1
        )
        assert view.combined(data.draw(st.permutations(rows))) == view.combined(rows)
        cut = data.draw(st.integers(1, len(rows)))
        halves = [view.combined(half) for half in (rows[:cut], rows[cut:]) if half]
        assert view.combined(halves) == view.combined(rows)


@each_view
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_fold_never_fails_and_its_keys_are_its_rows(view: View[Any], data: st.DataObject) -> None:
    history = data.draw(histories(view.reads))
    for (_, key, _), row in fold_all(view, history.told([], [0] * 6)).items():
        assert tuple(getattr(row, name) for name in view.key) == key
