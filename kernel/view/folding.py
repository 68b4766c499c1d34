"""The pure fold of facts into rows: the same for live work, rebuild, time travel and the oracle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.taking.fact import Fact
from kernel.view.view import Key, R, RowId, View


def keys_of(view: View[Any], fact: Fact[Any]) -> list[Key]:
    """The rows that an event touches, each once."""
    keys = list(view.keys(fact))
    return keys if len(keys) < 2 else list(dict.fromkeys(keys))


def fold_into(view: View[R], rows: dict[RowId, R], fact: Fact[Any], keys: Iterable[Key]) -> None:
    """Folds one event into its rows; where the fold of one fails, none is changed."""
    made: list[tuple[RowId, R]] = []
    for key in keys:
        row_id = (fact.envelope.org_id, key, fact.partition)
        row = rows.get(row_id)
        made.append((row_id, view.fold(view.empty(key) if row is None else row, fact)))
    for row_id, row in made:
        rows[row_id] = row
