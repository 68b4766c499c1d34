"""The rows of one view version in PostgreSQL: loaded, written and removed many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

import asyncpg

from kernel.view.batch.statement import Statement
from kernel.view.columns import Column, row_of
from kernel.view.view import R, RowId, View


class Statements:
    """The SQL of one view version. Parameters are arrays: organisations, partitions, then columns."""

    def __init__(self, view: View[Any]) -> None:
        table, every = view.table_name, view.columns
        keys = every[: len(view.key)]
        same_key = [f"t.{name} = n.{name}" for name in names(keys)]
        same_row = " AND ".join([ORG, "t.partition = n.partition", *same_key])
        selected = ", ".join(f"t.{column.selected}" for column in every)
        whose = "t.org_id, t.partition"
        self.load = f"SELECT {whose}, {selected} FROM {given(ROW, keys)} JOIN {table} t ON {same_row}"
        self.remove = f"DELETE FROM {table} t USING {given(ROW, keys)} WHERE {same_row}"
        self.select = f"SELECT {selected} FROM {given((), keys)} JOIN {{live}} t ON {' AND '.join(same_key)}"
        of_all = given(ROW[:1], keys)
        self.select_of = (
            f"SELECT t.org_id, {selected} FROM {of_all} JOIN {{live}} t ON {ORG} AND {' AND '.join(same_key)}"
        )
        target = ", ".join(["org_id", "partition", *names(every)])
        values = ", ".join(["n.org_id", "n.partition", *(f"n.{c.name}::{c.sql}" for c in every)])
        self.insert = f"INSERT INTO {table} ({target}) SELECT {values} FROM {given(ROW, every)}"
        changes = ", ".join(f"{c.name} = {changed(c)}" for c in every[len(keys) :])
        self.update = f"UPDATE {table} t SET {changes} FROM {given(ROW, every)} WHERE {same_row}"


ROW = (("org_id", "uuid"), ("partition", "smallint"))
ORG = "t.org_id = n.org_id"


def names(found: Iterable[Column]) -> list[str]:
    return [column.name for column in found]


def changed(column: Column) -> str:
    """What a column becomes in a row that is there."""
    value = f"n.{column.name}::{column.sql}"
    return f"coalesce({value}, t.{column.name})" if column.part else value


def given(first: Iterable[tuple[str, str]], found: Iterable[Column]) -> str:
    """The parameters as a table n."""
    fields = [*first, *((column.name, column.sent) for column in found)]
    arrays = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(fields, 1))
    return f"unnest({arrays}) AS n ({', '.join(name for name, _ in fields)})"


@cache
def statements(view: View[Any]) -> Statements:
    return Statements(view)


def _ids(found: Collection[RowId], keys: int) -> list[list[Any]]:
    heads: list[list[Any]] = [[org_id for org_id, _, _ in found], [partition for _, _, partition in found]]
    return heads + [[key[n] for _, key, _ in found] for n in range(keys)]


async def load(db: asyncpg.Connection, view: View[R], wanted: Collection[RowId]) -> dict[RowId, R]:
    """The rows that are there."""
    if not wanted:
        return {}
    size = len(view.key)
    records = await db.fetch(statements(view).load, *_ids(wanted, size))
    return {
        (values[0], values[2 : 2 + size], values[1]): row_of(view.columns, view.row, values[2:])
        for values in map(tuple, records)
    }


def added(view: View[R], rows: Mapping[RowId, R]) -> Statement:
    """Puts in rows that are not there yet."""
    arrays = [column.values(rows.values()) for column in view.columns]
    return Statement(statements(view).insert, [*_ids(rows, 0), *arrays])


def changed_to(view: View[R], rows: Mapping[RowId, R], before: Mapping[RowId, R]) -> Statement:
    """Puts rows in place of those that are there."""
    was = [before[row_id] for row_id in rows]
    arrays = [column.changed(rows.values(), was) for column in view.columns]
    return Statement(statements(view).update, [*_ids(rows, 0), *arrays])


def removed(view: View[Any], gone: Collection[RowId]) -> Statement:
    """Takes the rows away."""
    return Statement(statements(view).remove, _ids(gone, len(view.key)))
