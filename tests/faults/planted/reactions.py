"""Bugs that a death of a process with reactions brings to light, or two such processes."""

from __future__ import annotations

from tests.faults.planted.bug import GROUPS, IN_VAIN, KILLING, LOST, Bug, Edit

BATCH, APPLYING = "kernel/taking/batch.py", "kernel/reaction/applying.py"
SENDING = "kernel/reaction/sending.py"

IN_ONE = """\
            async with pool.acquire() as db, db.transaction():
                applied = await _in_transaction(db, taker, arrivals, fold, refused)
        failpoint(f"{taker.kind}.committed")
"""

CHECKPOINT_FIRST: tuple[Edit, ...] = (
    (
        BATCH,
        "            async with pool.acquire() as db, db.transaction():\n",
        "            async with pool.acquire() as db:\n",
    ),
    (
        BATCH,
        """\
    heads = dict(await checkpoints.lock(db, taker, {arrival.partition for arrival in arrivals}))
    fresh, gaps = checkpoints.take_next(taker, heads, arrivals)
    folded = await fold(db, fresh, await parking.blocked(db, taker, heads, fresh), refused)
    for sql, parameters in parking.parking(taker, heads, folded.parked):
        await db.execute(sql, *parameters)
    await checkpoints.advance(db, taker, heads)
    failpoint(f"{taker.kind}.folded")
""",
        """\
    async with db.transaction():
        heads = dict(await checkpoints.lock(db, taker, {arrival.partition for arrival in arrivals}))
        fresh, gaps = checkpoints.take_next(taker, heads, arrivals)
        await checkpoints.advance(db, taker, heads)
    async with db.transaction():
        folded = await fold(db, fresh, await parking.blocked(db, taker, heads, fresh), refused)
        for sql, parameters in parking.parking(taker, heads, folded.parked):
            await db.execute(sql, *parameters)
        failpoint(f"{taker.kind}.folded")
""",
    ),
)

POSTED_AFTERWARDS: tuple[Edit, ...] = (
    (
        BATCH,
        IN_ONE,
        IN_ONE
        + """\
        if post := getattr(fold, "post", None):
            await post(pool)
""",
    ),
    (
        APPLYING,
        "        await outbox.put(db, reaction, folded.decided)\n",
        "        fold_in.post = lambda pool: outbox.put(pool, reaction, folded.decided)\n",
    ),
)

POSTED_TOGETHER: tuple[Edit, ...] = (
    (BATCH, "from collections.abc", "import asyncio\nfrom collections.abc"),
    (
        BATCH,
        IN_ONE,
        IN_ONE
        + """\
        if post := getattr(fold, "post", None):
            asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future(post(pool)))
""",
    ),
    POSTED_AFTERWARDS[1],
)

CARRIED_OUT_TOO_LATE: Edit = (
    SENDING,
    "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n",
    "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n"
    "        await outbox.done(self._pool, [one.seq for one in posted])\n",
)
TAKEN_FOR_ANOTHER: Edit = (SENDING, "digest=posted.command_id.bytes", "digest=os.urandom(16)")

CARRIED_OUT_AGAIN: tuple[Edit, ...] = (
    (SENDING, "key=str(posted.command_id)", "key=None"),
    (
        "services/sales/purchase.py",
        """\
    if purchase.contact_id == command.contact_id:
        return []
    if purchase.contact_id is not None:
        raise Rejected("already-attributed", "The purchase is another contact's.")
""",
        "",
    ),
)

OPEN_FOR_EVER: Edit = (
    "kernel/database.py",
    "                **({} if command_timeout is None else _SOON),\n",
    "",
)

BUGS = (
    Bug(
        "a reaction's checkpoint moves in a transaction of its own",
        CHECKPOINT_FIRST,
        KILLING,
        "reaction and before and not command",
        LOST,
    ),
    Bug(
        "commands come into the outbox after the commit that they follow from",
        POSTED_AFTERWARDS,
        KILLING,
        "reaction and after",
        LOST,
    ),
    Bug(
        "commands wait in memory to come into the outbox together",
        POSTED_TOGETHER,
        KILLING,
        "deaths and sales_react",
        LOST,
    ),
    Bug(
        "a command leaves the outbox before it is carried out",
        (CARRIED_OUT_TOO_LATE,),
        KILLING,
        "reaction and command and before and not outbox",
        LOST,
    ),
    Bug(
        "a reaction's command has no key, and its decider does not see that it was carried out",
        CARRIED_OUT_AGAIN,
        GROUPS,
        "wakes and sales_react",
        r"doubled [1-9]",
    ),
    Bug(
        "a repeat of a reaction's command is taken for another one",
        (TAKEN_FOR_ANOTHER,),
        KILLING,
        "reaction and between",
        "commands in the outbox",
    ),
    Bug(
        "a transaction stays open for as long as its owner is silent",
        (OPEN_FOR_EVER,),
        GROUPS,
        "wakes and sales_react",
        IN_VAIN,
    ),
)
