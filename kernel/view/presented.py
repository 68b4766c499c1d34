"""The version that is read, in the shape that this program gives its rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from kernel.taking.checkpoints import Connection
from kernel.view.columns import Column
from kernel.view.tables import terms_of
from kernel.view.view import View
from kernel.web.problems import unavailable

LIVE = """
SELECT r.number, r.build FROM view v JOIN view_version r ON r.name = v.live
WHERE v.name = $1"""

NO_TERMS = "(SELECT NULL::text AS kind, NULL::text AS term, NULL::uuid AS {key} WHERE false)"


async def version(db: Connection, view: View[Any]) -> View[Any]:
    """The version that is read now, of this fold or of a former one; the same throughout a snapshot."""
    number, build = await db.fetchrow(LIVE, view.name)
    return version_of(view, number, build)


@cache
def version_of(view: View[Any], number: int, build: int) -> View[Any]:
    """That build of that fold; 503 `unavailable` where another program's fold is read."""
    for fold in view.folds:
        if fold.number == number:
            return replace(fold, build=build)
    raise unavailable("The view is read in a version that this process does not know.")


@cache
def table(view: View[Any], live: View[Any]) -> str:
    """What to select from. Rows of a former fold have its columns, and else what an empty row has."""
    if live.number == view.number:
        return live.table_name
    there = {column.name for column in live.columns}
    empty = view.empty((None,) * len(view.key))
    shown = [c.name if c.name in there else f"{_literal(c, empty)} AS {c.name}" for c in view.columns]
    return f"(SELECT org_id, partition, {', '.join(shown)} FROM {live.table_name})"


def terms(view: View[Any], live: View[Any]) -> str:
    """What to select the terms of its rows from; a former fold may have had none."""
    return NO_TERMS.format(key=view.key[0]) if live.terms is None else terms_of(live.table_name)


def _literal(column: Column, row: Any) -> str:
    """The column's value in this row, as SQL."""
    (value,) = column.values([row])
    if value is None:
        return f"NULL::{column.sql}"
    text = f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
    return f"'{text.replace(chr(39), chr(39) * 2)}'::{column.sql}"
