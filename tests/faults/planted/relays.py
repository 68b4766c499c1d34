"""Bugs of relays, and of those who take what relays repeat."""

from __future__ import annotations

from tests.faults.planted.bug import GROUPS, IN_VAIN, KILLING, LOST, VIEWS, Bug, Edit
from tests.faults.planted.processes import BY_MARKS, RELAY

LEASE, MARKS = "kernel/log/lease.py", "kernel/log/relay/marks.py"

BY_OFFSETS: Edit = (
    "kernel/taking/checkpoints.py",
    "        elif arrival.position == head.position + 1:\n",
    "        elif arrival.position == head.position + 1 or (newer and arrival.position <= head.position):\n",
)
NEVER_OVER: Edit = (
    LEASE,
    "WHERE lease.expires_at < clock_timestamp()",
    "WHERE lease.expires_at = '-infinity'",
)
SENT_LATER: Edit = (
    RELAY,
    "            flight = await publisher.send(runs) if runs else None\n",
    "            await asyncio.sleep(0.1 if runs else 0)\n"
    "            flight = await publisher.send(runs) if runs else None\n",
)
FROM_THE_END: Edit = (
    RELAY,
    "        after = {mark.partition: mark.position for mark in marks}\n",
    """        ends = await self.pool.fetch("SELECT partition, last FROM counter")
        after: dict[int, int] = {end["partition"]: end["last"] for end in ends}
""",
)
NEVER_COMPARED: tuple[Edit, ...] = (
    (
        LEASE,
        "interval '5 seconds' WHERE name = $1 AND epoch = $2",
        "interval '5 seconds' WHERE name = $1 AND $2 > 0",
    ),
    (
        MARKS,
        "interval '5 seconds' WHERE name = $1 AND epoch = $2",
        "interval '5 seconds' WHERE name = $1 AND $2 > 0",
    ),
    (MARKS, "        AND mark.position = given.known\n", ""),
    (RELAY, "                await self._check(known.values())\n", ""),
)

BUGS = (
    Bug("a worker goes by offsets and not by positions", (BY_OFFSETS,), KILLING, "relay and between", VIEWS),
    *(
        Bug("the mark moves before its records are sent", edits, KILLING, chosen, LOST)
        for edits, chosen in (
            (BY_MARKS, "relay and after"),
            ((*BY_MARKS, SENT_LATER), "moment and contacts_relay"),
        )
    ),
    Bug(
        "a relay begins at what is recorded from then on",
        (FROM_THE_END,),
        KILLING,
        "moment and sales_relay",
        LOST,
    ),
    Bug("a lease is never over", (NEVER_OVER,), GROUPS, "wakes and contacts_relay", IN_VAIN),
    Bug(
        "a leader does not look whether another leads",
        NEVER_COMPARED,
        GROUPS,
        "wakes and contacts_relay",
        IN_VAIN,
    ),
)
