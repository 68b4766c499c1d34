"""How many contacts wait to be matched, as an operator sees it."""

from __future__ import annotations

import asyncpg

from kernel.database import database_away
from kernel.view.reading import live
from services.projections.sharing.matchable import MATCHABLE

MOST = 10_000
"""That are counted in each partition."""

CHANGED = """
SELECT coalesce(sum(one.waiting), 0)::bigint
FROM matching, unnest(positions) WITH ORDINALITY AS mark (after, number)
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM (
        SELECT FROM {table} WHERE partition = mark.number - 1 AND position > mark.after LIMIT {most:d}
    ) counted
) one"""

UNSEEN = "SELECT coalesce(sum(greatest(contacts - seen, 1)), 0)::bigint FROM match_scan"


async def waiting(pool: asyncpg.Pool) -> dict[str, int]:
    """`changed` since they were last looked at, and `unseen` yet under an agreement that came into force."""
    with database_away():
        changed = await pool.fetchval(CHANGED.format(table=await live(pool, MATCHABLE), most=MOST))
        return {"changed": int(changed), "unseen": int(await pool.fetchval(UNSEEN))}
