"""Bugs that a wrong clock of one process brings to light."""

from __future__ import annotations

from tests.faults.planted.bug import CLOCKS, IN_VAIN, Bug, Edit

BATCH, APPEND, LEASE = "kernel/log/store/batch.py", "kernel/log/sql/0002_append.sql", "kernel/log/lease.py"
GOES_BACK = r"inverted [1-9](.|\n)*time_inversions"

RECORDED_BY_ITS_CLOCK: tuple[Edit, ...] = (
    (BATCH, "from typing import Any,", "from datetime import UTC, datetime\nfrom typing import Any,"),
    (BATCH, "range(1, 36)", "range(1, 37)"),
    (
        BATCH,
        "            *_event_columns(self._placed),\n",
        "            *_event_columns(self._placed),\n            datetime.now(UTC),\n",
    ),
    (
        APPEND,
        "e_occurred timestamptz[],\n",
        "e_occurred timestamptz[],\n    clock timestamptz,\n",
    ),
    (
        APPEND,
        "        greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond')\n",
        "        clock\n",
    ),
)

LED_BY_ITS_CLOCK: tuple[Edit, ...] = (
    (LEASE, "import asyncpg\n", "from datetime import UTC, datetime\n\nimport asyncpg\n"),
    (LEASE, "VALUES ($1, $2, 1, clock_timestamp() +", "VALUES ($1, $2, 1, $3::timestamptz +"),
    (LEASE, "WHERE lease.expires_at < clock_timestamp()", "WHERE lease.expires_at < $3"),
    (LEASE, "SET expires_at = clock_timestamp() +", "SET expires_at = $3::timestamptz +"),
    (LEASE, "fetchval(TAKE, name, holder)", "fetchval(TAKE, name, holder, datetime.now(UTC))"),
    (
        LEASE,
        "execute(RENEW, lease.name, lease.epoch)",
        "execute(RENEW, lease.name, lease.epoch, datetime.now(UTC))",
    ),
)

BUGS = (
    Bug(
        "an event is recorded at the time of its process's clock",
        RECORDED_BY_ITS_CLOCK,
        CLOCKS,
        "contacts and not relay",
        GOES_BACK,
    ),
    Bug(
        "a lease ends by the clock of the process that looks",
        LED_BY_ITS_CLOCK,
        CLOCKS,
        "contacts_relay",
        IN_VAIN,
    ),
)
