"""A view's results do not change unless its number does."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.view.view import View
from services.projections.app import VIEWS
from tests.services.projections import golden


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.table_name)
def test_the_committed_examples_fold_to_the_committed_rows(view: View[Any]) -> None:
    committed, now = golden.committed(view), golden.of(view)
    assert committed is not None, "python -m tests.services.projections.golden writes the missing file"
    assert committed.examples == now.examples, (
        "there are other examples: python -m tests.services.projections.golden writes the file anew"
    )
    assert committed == now, f"{view.table_name} folds differently: give it another number"
