"""Bugs that a death of a process brings to light, or several processes of one kind."""

from __future__ import annotations

from tests.faults.planted.bug import GROUPS, KILLING, LOST, VIEWS, Bug, Edit

STORE, RELAY = "kernel/log/store/store.py", "kernel/log/relay/leading.py"
VIEW = "kernel/view/batch/optimistic.py"

WHOLE = "    whole = together(statements, _advance(batches), ALL_OR_NOTHING)\n"
WRITTEN = """    failpoint("view.folded")
    try:
        await db.execute(whole.sql, *whole.parameters)
    except asyncpg.DivisionByZeroError:
        return False
    failpoint("view.committed")
"""
ROWS = "    for each in statements:\n        await db.execute(each.sql, *each.parameters)\n"

ANSWERS_NOT_KEPT: Edit = ("kernel/handling/endings.py", "key=call.key,", "key=None,")
TAKEN_AGAIN: Edit = (
    "kernel/taking/checkpoints.py",
    "        elif arrival.position == head.position + 1:\n",
    "        elif arrival.position <= head.position + 1:\n",
)
NEVER_LOOKS: Edit = (
    VIEW,
    "    AND c.topics = n.before::jsonb AND c.parked = n.parked_before",
    "    AND n.before IS NOT NULL AND n.parked_before IS NOT NULL",
)

ANSWERED_TOO_SOON: Edit = (
    STORE,
    """            async with self._pool.acquire(timeout=SECONDS_TO_CONNECT) as connection:
                failpoint("append.decided")
                row = await connection.fetchrow(STATEMENT, *batch.parameters)
""",
    """            connection = await self._pool.acquire(timeout=SECONDS_TO_CONNECT)
            await connection.execute("BEGIN")
            row = await connection.fetchrow(STATEMENT, *batch.parameters)

            async def commit() -> None:
                await asyncio.sleep(0.02)
                failpoint("append.decided")
                await connection.execute("COMMIT")
                await self._pool.release(connection)

            self._committing = asyncio.create_task(commit())
""",
)

MARKED_TOO_SOON: Edit = (
    RELAY,
    "            flight = await publisher.send(runs) if runs else None\n",
    """            if runs:
                ahead = [Mark(run.partition, generation, run.envelopes[-1].position, -1) for run in runs]
                there = {partition: mark.position for partition, mark in known.items()}
                await move_marks(self.pool, lease, ahead, there)
                known |= {mark.partition: mark for mark in ahead}
                failpoint("relay.marked")
            flight = await publisher.send(runs) if runs else None
""",
)
MARKED_LATER: Edit = (
    RELAY,
    '                failpoint("relay.marked")\n                known',
    "                known",
)
BY_MARKS = (MARKED_LATER, MARKED_TOO_SOON)

WHERE_KAFKA_SAYS: tuple[Edit, ...] = (
    ("kernel/view/worker/consumer.py", "enable_auto_commit=False", "enable_auto_commit=True"),
    (
        "kernel/view/worker/follower.py",
        "        self._consumer.seek(topic_partition, self.progress.gaps.next_offset(place, behind))\n",
        "",
    ),
)

BUGS = (
    *(
        Bug("a command is answered before its commit", (ANSWERED_TOO_SOON,), KILLING, chosen, LOST)
        for chosen in ("contacts and before", "sales and before")
    ),
    Bug(
        "answers are not kept, so that a repeat acts again",
        (ANSWERS_NOT_KEPT,),
        KILLING,
        "contacts and between and commit and answer",
        LOST,
    ),
    Bug("the mark moves before its records are sent", BY_MARKS, KILLING, "relay and before", LOST),
    Bug(
        "a view's rows are written before its checkpoint",
        ((VIEW, WHOLE, f"{ROWS}    whole = together([], _advance(batches), ALL_OR_NOTHING)\n"),),
        KILLING,
        "worker and before",
        VIEWS,
    ),
    Bug(
        "a view's checkpoint is written before its rows",
        (
            (
                VIEW,
                f"{WHOLE}{WRITTEN}    return True\n",
                "    whole = together([], _advance(batches), ALL_OR_NOTHING)\n"
                f"{WRITTEN}{ROWS}    return True\n",
            ),
        ),
        KILLING,
        "worker and after",
        VIEWS,
    ),
    Bug(
        "a worker does not look whether another was quicker",
        (NEVER_LOOKS,),
        GROUPS,
        "wakes and worker",
        VIEWS,
    ),
    Bug(
        "a worker begins where Kafka says that the group has come",
        WHERE_KAFKA_SAYS,
        GROUPS,
        "come_and_go",
        VIEWS,
    ),
)
