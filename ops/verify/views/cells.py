"""A view's rows and search terms beside those that the fold gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg
import msgspec

from kernel.view.columns import row_of
from kernel.view.tables import terms_table
from kernel.view.terms import Line, lines
from kernel.view.view import RowId, View
from ops.verify.report import Report
from ops.verify.views.folding import Fold
from ops.verify.views.showing import digest, shown, shown_key

ROWS_AT_ONCE = 500


class Difference(NamedTuple):
    """A fault that is shown, and the row that it is about: the events behind it are still to be found."""

    row_id: RowId
    fault: dict[str, Any]


async def compare(db: asyncpg.Connection, partition: int, fold: Fold, report: Report) -> list[Difference]:
    """Compares one partition of a view, inside the snapshot of `db`; the first differences."""
    view, expected = fold.view, fold.kept()
    terms = lines(view, expected)
    found: list[Difference] = []

    def differs(fault: str, row_id: RowId, **more: Any) -> None:
        if first := report.add(fault, row=shown_key(view, row_id[0], row_id[1]), partition=partition, **more):
            found.append(Difference(row_id, first))

    async for row_id, cells in _stored(db, view, partition):
        report.figures["rows"] += 1
        row = expected.pop(row_id, None)
        if row is None:
            differs("only_in_view", row_id)
        elif row != (stored := _row(view, cells)):
            differs("different", row_id, columns=_columns(view, stored, row))
    for row_id in expected:
        differs("only_in_fold", row_id)
    if view.terms is not None:
        for line in await _terms(db, view, partition) ^ terms:
            org_id, kind, term, key, _ = line
            row_id = org_id, (key,), partition
            differs("terms", row_id, kind=kind, term=digest(term), missing=line in terms)
    return found


async def _stored(
    db: asyncpg.Connection, view: View[Any], partition: int
) -> AsyncIterator[tuple[RowId, tuple[Any, ...]]]:
    cells = ", ".join(column.selected for column in view.columns)
    sql = f"SELECT org_id, {cells} FROM {view.table_name} WHERE partition = $1"
    async for record in db.cursor(sql, partition, prefetch=ROWS_AT_ONCE):
        org_id, *values = record
        yield (org_id, tuple(values[: len(view.key)]), partition), tuple(values)


def _row(view: View[Any], cells: tuple[Any, ...]) -> Any:
    """The row, or None where a cell holds what no fold can give."""
    try:
        return row_of(view.columns, view.row, cells)
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None


def _columns(view: View[Any], stored: Any, folded: Any) -> list[dict[str, Any]]:
    if stored is None:
        return [{"column": "?", "view": "cannot be read"}]
    pairs = {name: (getattr(stored, name), getattr(folded, name)) for name in view.row.__struct_fields__}
    return [
        {"column": name, "view": shown(view, there), "fold": shown(view, here)}
        for name, (there, here) in pairs.items()
        if there != here
    ]


async def _terms(db: asyncpg.Connection, view: View[Any], partition: int) -> set[Line]:
    sql = f"SELECT org_id, kind, term, {view.key[0]}, partition FROM {terms_table(view)} WHERE partition = $1"
    return {tuple(record) async for record in db.cursor(sql, partition, prefetch=ROWS_AT_ONCE)}
