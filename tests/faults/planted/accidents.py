"""Bugs that accidents of servers, wires and disks bring to light."""

from __future__ import annotations

from tests.faults.planted.bug import (
    DISK,
    IN_VAIN,
    LOST,
    NETWORK,
    SERVERS,
    SLOW,
    STALE,
    Bug,
    Edit,
)
from tests.faults.planted.processes import ANSWERS_NOT_KEPT

DATABASE = "kernel/database.py"

DOES_NOT_WAIT: Edit = (
    DATABASE,
    '_SESSION = {"jit": "off",',
    '_SESSION = {"synchronous_commit": "off", "jit": "off",',
)
FOR_EVER: Edit = (DATABASE, "SECONDS_TO_ANSWER = 10.0", "SECONDS_TO_ANSWER = 1e6")
AS_IT_IS: Edit = (
    "kernel/web/querying.py",
    "            await reading.wait_for(self._pool, views, positions)\n",
    "",
)
NOT_TOLD: Edit = (
    "kernel/view/worker/progress.py",
    '            degraded["lag"] =',
    '            degraded["view"] =',
)

NOT_KEPT = "answers are not kept, so that a repeat acts again"

BUGS = (
    Bug(
        "a commit does not wait for the log's disk",
        (DOES_NOT_WAIT,),
        SERVERS,
        "PostgreSQL and immediately",
        IN_VAIN,
    ),
    Bug(NOT_KEPT, (ANSWERS_NOT_KEPT,), NETWORK, "reset and callers and contacts", LOST),
    Bug(NOT_KEPT, (ANSWERS_NOT_KEPT,), DISK, "full", LOST),
    Bug("a page waits for no position", (AS_IT_IS,), NETWORK, "reset and callers and views", STALE),
    Bug(
        "a statement may take for ever", (FOR_EVER,), NETWORK, "swallow and contacts and PostgreSQL", IN_VAIN
    ),
    Bug("nobody is told that records wait", (NOT_TOLD,), SLOW, "slow", IN_VAIN),
)
