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

OPEN = """
CREATE POLICY every_organisation ON {table} FOR SELECT TO projections_app USING ({condition});
"""

READ_BY = """
CREATE POLICY {role} ON {table} FOR SELECT TO {role} USING (true);
GRANT SELECT ON {table} TO {role};
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
INSERT INTO view_version (name, view, number, build, state)
    SELECT '{table}', '{name}', {number}, {build}, CASE WHEN EXISTS (
        SELECT FROM view WHERE name = '{name}') THEN 'wanted' ELSE 'followed' END;
INSERT INTO view (name, live) VALUES ('{name}', '{table}') ON CONFLICT DO NOTHING;
INSERT INTO checkpoint (taker, partition)
    SELECT '{table}', partition FROM generate_series(0, {last}) partition;
"""


def table_sql(view: View[Any]) -> str:
    """The statements that begin this version, for the schema's owner.

    The first one of a view is read and followed at once; a later one is to be filled first.
    """
    table = view.table_name
    sql = view.table.replace("{table}", table) + ";" + SECURED.format(table=table)
    if view.open_where is not None:
        sql += OPEN.format(table=table, condition=view.open_where)
    sql += "".join(READ_BY.format(table=table, role=role) for role in view.readers)
    if view.terms is not None:
        terms = terms_table(view)
        (key,) = view.key
        sql += TERMS.format(table=terms, key=key) + SECURED.format(table=terms)
    return sql + VERSION.format(
        table=table, name=view.name, number=view.number, build=view.build, last=PARTITIONS - 1
    )


def terms_table(view: View[Any]) -> str:
    """Where its rows' terms stand."""
    return terms_of(view.table_name)


def terms_of(table: str) -> str:
    """Where the terms of this table's rows stand."""
    return f"{table}_term"
