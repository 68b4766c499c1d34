"""A reaction made anew from the logs, because it remembers events that a restored one does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg
import msgspec

from kernel.taking.checkpoints import Checkpoint, Head, topics_text

STARTS = "SELECT partition, starts FROM reaction_start WHERE reaction = $1"

BEGIN = """
UPDATE reaction_start r SET starts = n.starts::jsonb
FROM unnest($2::smallint[], $3::text[]) AS n (partition, starts)
WHERE r.reaction = $1 AND r.partition = n.partition"""

GO_BACK = """
UPDATE checkpoint c SET topics = n.topics::jsonb, parked = 0
FROM unnest($2::smallint[], $3::text[]) AS n (partition, topics)
WHERE c.taker = $1 AND c.partition = n.partition"""

FORGET = """
DELETE FROM reaction_memory WHERE reaction = $1;
DELETE FROM parked WHERE taker = $1"""


async def begin_anew(
    db: asyncpg.Connection,
    reaction: str,
    checkpoints: Mapping[int, Checkpoint],
    service: str,
    generation: int,
    shared: Sequence[int],
) -> None:
    """Has it remember everything again, and cause commands only by what it had not come to.

    In the caller's transaction, with its checkpoints locked. `shared`: up to where, by partition, the
    restored log is certain to be what it was; what lies behind causes its commands again, as repeats.
    """
    for statement in FORGET.split(";"):
        await db.execute(statement, reaction)
    starts = {row["partition"]: dict(row["starts"]) for row in await db.fetch(STARTS, reaction)}
    for partition, checkpoint in checkpoints.items():
        for name, head in checkpoint.heads.items():
            start, done = starts[partition].get(name, 1), head.position
            if name == service:
                start, done = min(start, shared[partition] + 1), min(done, shared[partition])
            starts[partition][name] = max(start, done + 1)
        heads = {name: Head(head.generation) for name, head in checkpoint.heads.items()}
        checkpoint.heads = {**heads, service: Head(generation)}
    partitions = list(checkpoints)
    texts = [msgspec.json.encode(starts[n]).decode() for n in partitions]
    await db.execute(BEGIN, reaction, partitions, texts)
    await db.execute(GO_BACK, reaction, partitions, [topics_text(checkpoints[n]) for n in partitions])
