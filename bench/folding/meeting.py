"""Whether two workers ever wrote rows of one partition, as the database saw it: statement by statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kernel.view.view import View

# A connection is one worker's for as long as it lives; its client's port tells whose.
WATCH = """
CREATE TABLE bench_writer (partition smallint, port int, lines bigint);
CREATE FUNCTION bench_noted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO {schema}.bench_writer
        SELECT partition, inet_client_port(), count(*) FROM written GROUP BY partition;
    RETURN NULL;
END $$;
CREATE TRIGGER bench_inserted AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION bench_noted();
CREATE TRIGGER bench_updated AFTER UPDATE ON {table}
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION bench_noted()
"""

FORGET = "DROP FUNCTION bench_noted CASCADE; DROP TABLE bench_writer"

WRITERS = "SELECT DISTINCT partition, port FROM bench_writer"


@asynccontextmanager
async def watching(owner: asyncpg.Pool, view: View[Any], schema: str = "projections") -> AsyncIterator[None]:
    """Notes who writes rows of this view."""
    await owner.execute(WATCH.format(schema=schema, table=view.table_name))
    yield
    await owner.execute(FORGET)


async def writers(owner: asyncpg.Pool, ports: Mapping[int, str]) -> dict[int, set[str]]:
    """By partition, which workers wrote rows of it; `ports` says whose each connection is."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for row in await owner.fetch(WRITERS):
        found[row["partition"]].add(ports.get(row["port"], f"port {row['port']}"))
    return dict(found)
