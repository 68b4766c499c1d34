"""What is told of a view and of a reaction alike: its distance from the logs, and what it has parked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.settings import SERVICES, Settings
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.taker import Taker
from ops.pools import VIEWS_SCHEMA, pools

BEHIND = """
SELECT c.partition, c.last - n.position AS events,
    (SELECT extract(epoch FROM clock_timestamp() - e.recorded_at) FROM event e
        WHERE e.partition = c.partition AND e.position = n.position + 1) AS seconds
FROM counter c JOIN unnest($1::smallint[], $2::bigint[]) n (partition, position) USING (partition)
WHERE c.last > n.position"""

PARKED = """
SELECT org_id AS org, stream_id AS stream, service, partition, position, topic_offset AS offset, reason,
    parked_at
FROM parked WHERE taker = $1 ORDER BY seq LIMIT $2"""

SHOWN = 20
"""How many of what is parked are shown."""

Logs = Mapping[str, asyncpg.Pool]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[asyncpg.Pool, Logs]]:
    """The views' schema, and every service's as its batches see it. Raises CannotRun."""
    async with pools(settings, max_size=1) as found:
        yield found[VIEWS_SCHEMA], {name: found[name] for name in SERVICES}


async def found(
    taker: Taker, db: asyncpg.Pool, logs: Logs, checkpoints: Mapping[int, Checkpoint]
) -> dict[str, Any]:
    """`taken` and `lag` by service, how many events are `parked`, the first; `db` is where they are."""
    return {
        "taken": {service: taken(checkpoints, service) for service in sorted(taker.services)},
        "lag": {
            service: await _lag(logs[service], service, checkpoints) for service in sorted(taker.services)
        },
        "parked": sum(checkpoint.parked for checkpoint in checkpoints.values()),
        "first_parked": [dict(row) for row in await db.fetch(PARKED, taker.taker, SHOWN)],
    }


def taken(checkpoints: Mapping[int, Checkpoint], service: str) -> int:
    """How many events of the service's log it is past: positions have no gaps."""
    return sum(checkpoint.head(service).position for checkpoint in checkpoints.values())


async def _lag(log: asyncpg.Pool, service: str, checkpoints: Mapping[int, Checkpoint]) -> dict[str, float]:
    """Events not yet taken, and how long the oldest of them has waited."""
    partitions = range(PARTITIONS)
    positions = [(checkpoints.get(n) or Checkpoint(n)).head(service).position for n in partitions]
    behind = await log.fetch(BEHIND, partitions, positions)
    seconds = max((float(row["seconds"] or 0) for row in behind), default=0.0)
    return {"events": sum(row["events"] for row in behind), "seconds": round(seconds, 1)}


def distance(document: Mapping[str, Any]) -> tuple[str, str]:
    """Events and seconds behind all services together, for a person."""
    lags = document["lag"].values()
    return f"{sum(lag['events'] for lag in lags):,}", f"{max(lag['seconds'] for lag in lags)}"


def parked_lines(name: str, document: Mapping[str, Any]) -> list[str]:
    """A line for each parked event that is shown."""
    return [f"{name}: {row['service']} {_place(row)}: {row['reason']}" for row in document["first_parked"]]


def _place(row: Mapping[str, Any]) -> str:
    if row["position"] is None:
        return f"partition {row['partition']} offset {row['offset']}"
    return f"stream {row['stream']} position {row['position']}"
