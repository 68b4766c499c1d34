"""A view's results do not change unless its number does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kernel.view.view import View
from services.projections.customers import spending
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.person import PERSON
from tests.services.projections import golden


@pytest.mark.parametrize("view", golden.FOLDS, ids=lambda view: view.table_name)
def test_the_committed_examples_fold_to_the_committed_rows(view: View[Any]) -> None:
    committed, now = golden.committed(view), golden.of(view)
    assert committed is not None, "python -m tests.services.projections.golden writes the missing file"
    assert committed.examples == now.examples, (
        "there are other examples: python -m tests.services.projections.golden writes the file anew"
    )
    assert committed == now, f"{view.table_name} folds differently: give it another number"


def test_each_committed_file_is_of_a_fold_that_is_still_there() -> None:
    assert {path.stem for path in golden.GOLDEN.glob("*.json")} == {view.table_name for view in golden.FOLDS}


def test_a_fold_that_results_in_other_rows_under_its_number_is_found() -> None:
    view = golden.FOLDS[0]

    def forgetful(row: Any, fact: Any) -> Any:
        return row if fact.position % 2 else view.fold(row, fact)

    assert golden.of(replace(view, fold=forgetful)) != golden.committed(view)


def earlier(one: Any, other: Any) -> Any:
    return min(filter(None, (one, other)), key=lambda last: last.purchased_at)


def test_what_only_other_values_than_those_of_an_example_show_is_found_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spending, "later", earlier)
    found, committed = golden.of(CUSTOMER_360), golden.committed(CUSTOMER_360)
    assert committed is not None
    assert found.changes == committed.changes
    assert found.varied != committed.varied


def test_rows_that_are_found_by_other_terms_are_other_rows() -> None:
    found, committed = golden.of(replace(PERSON, terms=lambda row: ())), golden.committed(PERSON)
    assert committed is not None
    assert found.varied != committed.varied
