"""What a folded batch changes in the tables of its view."""

from __future__ import annotations

import asyncpg

from kernel.view import rows, terms
from kernel.view.batch.statement import Statement
from kernel.view.batch.steps import Folded
from kernel.view.view import R, RowId, View


def changes(view: View[R], loaded: dict[RowId, R], folded: Folded[R]) -> list[Statement]:
    """Writes the rows that changed and their terms; a row that became empty goes."""
    new: dict[RowId, R] = {}
    kept: dict[RowId, R] = {}
    before: dict[RowId, R] = {}
    for row_id, row in folded.rows.items():
        known = loaded.get(row_id)
        if known == row:
            continue
        if known is not None:
            before[row_id] = known
        if row != view.empty(row_id[1]):
            (new if known is None else kept)[row_id] = row
    gone = [row_id for row_id in before if row_id not in kept]
    found = terms.followed(view, before, {**new, **kept})
    if new:
        found.append(rows.added(view, new))
    if kept:
        found.append(rows.changed_to(view, kept, before))
    if gone:
        found.append(rows.removed(view, gone))
    return found


async def save(db: asyncpg.Connection, view: View[R], loaded: dict[RowId, R], folded: Folded[R]) -> None:
    """Makes the changes, in a transaction that holds the checkpoints."""
    for statement in changes(view, loaded, folded):
        await db.execute(statement.sql, *statement.parameters)
