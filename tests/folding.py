"""What a view should hold: the fold of the log, one fact after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.taking.fact import Fact
from kernel.view.folding import fold_into, keys_of
from kernel.view.view import R, RowId, View


def fold_all(view: View[R], facts: Iterable[Fact[Any]]) -> dict[RowId, R]:
    """Every row that the view has after `facts`, which come in the order of their positions."""
    rows: dict[RowId, R] = {}
    for fact in facts:
        if fact.envelope.type in view.types:
            fold_into(view, rows, fact, keys_of(view, fact))
    return {row_id: row for row_id, row in rows.items() if row != view.empty(row_id[1])}
