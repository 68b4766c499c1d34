"""What rows can be found by: one indexed line per row and term, following the row in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from kernel.view.batch.statement import Statement
from kernel.view.tables import terms_table
from kernel.view.view import R, RowId, Term, View

INSERT = """
INSERT INTO {table} (org_id, kind, term, {key}, partition)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[])"""

DELETE = """
DELETE FROM {table} t
USING unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::smallint[])
    AS n (org_id, kind, term, key, partition)
WHERE t.org_id = n.org_id AND t.kind = n.kind AND t.term = n.term
    AND t.{key} = n.key AND t.partition = n.partition"""

Line = tuple[UUID, str, str, UUID, int]
"""Organisation, kind, term, key, partition."""


def lines(view: View[R], rows: Mapping[RowId, R]) -> set[Line]:
    """The lines that these rows have."""
    return {
        (org_id, kind, term, key[0], partition)
        for (org_id, key, partition), row in rows.items()
        for kind, term in _terms(view, row)
    }


def _terms(view: View[R], row: R) -> Iterable[Term]:
    return view.terms(row) if view.terms else ()


def followed(view: View[R], before: Mapping[RowId, R], after: Mapping[RowId, R]) -> list[Statement]:
    """Brings the lines of changed rows from what they were to what they are."""
    if view.terms is None:
        return []
    was, now = lines(view, before), lines(view, after)
    return [
        _changing(view, sql, changed)
        for sql, changed in ((DELETE, was - now), (INSERT, now - was))
        if changed
    ]


def _changing(view: View[Any], sql: str, changed: set[Line]) -> Statement:
    arrays = [list(values) for values in zip(*sorted(changed), strict=True)]
    return Statement(sql.format(table=terms_table(view), key=view.key[0]), arrays)
