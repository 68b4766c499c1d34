"""What makes the tables of one view version: its own table, its terms, row security, its checkpoints."""

from __future__ import annotations

from typing import Any

from kernel.log.partitions import PARTITIONS
from kernel.view.view import View

SECURED = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON {table} FOR SELECT TO projections_app
    USING (org_id = nullif(current_setting('rapport.org', true), '')::uuid);
GRANT SELECT ON {table} TO projections_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO projections_log;
"""

TERMS = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL,
    {key} uuid NOT NULL,
    partition smallint NOT NULL,
    PRIMARY KEY (org_id, kind, term, {key}, partition)
);
"""

VERSION = """
INSERT INTO view (name, live) VALUES ('{name}', {number}) ON CONFLICT DO NOTHING;
INSERT INTO view_version (view, number) VALUES ('{name}', {number});
INSERT INTO checkpoint (view, number, partition)
    SELECT '{name}', {number}, partition FROM generate_series(0, {last}) partition;
"""


def table_sql(view: View[Any]) -> str:
    """The statements that begin this version, for the schema's owner; the first version is the live one."""
    table = view.table_name
    sql = view.table.replace("{table}", table) + ";" + SECURED.format(table=table)
    if view.terms is not None:
        terms = terms_table(view)
        (key,) = view.key
        sql += TERMS.format(table=terms, key=key) + SECURED.format(table=terms)
    return sql + VERSION.format(name=view.name, number=view.number, last=PARTITIONS - 1)


def terms_table(view: View[Any]) -> str:
    """Where its rows' terms stand."""
    return terms_of(view.table_name)


def terms_of(table: str) -> str:
    """Where the terms of this table's rows stand."""
    return f"{table}_term"
