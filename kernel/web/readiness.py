"""Whether a service can answer: its database, its schema, its log; and what is away though answers go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import nan

import asyncpg

from kernel import metrics
from kernel.database import DatabaseAway, database_away
from kernel.migrate import SchemaMismatch, require_schema
from kernel.web.operational import Readiness, Ready

KAFKA_WITHIN = 1.0
"""Seconds for a broker to take a connection."""
LAG_SECONDS = 30
"""Age of the oldest unpublished event from which the relay counts as behind."""

LOG = """
SELECT (SELECT reason FROM halt WHERE only_one) AS halted,
    (SELECT sum(c.last - m.position) FROM counter c JOIN mark m USING (partition))::bigint AS lag,
    (SELECT extract(epoch FROM clock_timestamp() - min(e.recorded_at))::float8 FROM mark m JOIN event e
        ON e.partition = m.partition AND e.position = m.position + 1) AS seconds"""


def deciding(pool: asyncpg.Pool, service: str, kafka: str) -> Ready:
    """The check of a service that takes commands; `pool` signs in as `<service>_log`."""

    metrics.show(metrics.WAITING)

    async def ready() -> Readiness:
        row = None
        try:
            await require_schema(pool, service)
            with database_away():
                row = await pool.fetchrow(LOG)
        except (DatabaseAway, SchemaMismatch) as error:
            return _failed(error)
        finally:
            _show_lag(row)
        degraded = await _kafka(kafka)
        if row["seconds"] is not None and row["seconds"] > LAG_SECONDS:
            degraded["relay"] = f"the oldest unpublished event is {row['seconds']:.0f} s old"
        failing = {"log": row["halted"]} if row["halted"] else {}
        return Readiness(failing, degraded, {"lag": {"relay": row["lag"]}})

    return ready


def answering(pool: asyncpg.Pool, service: str, kafka: str) -> Ready:
    """The check of a service that answers queries alone."""

    async def ready() -> Readiness:
        try:
            await require_schema(pool, service)
        except (DatabaseAway, SchemaMismatch) as error:
            return _failed(error)
        return Readiness(degraded=await _kafka(kafka))

    return ready


def _show_lag(row: asyncpg.Record | None) -> None:
    """Here and not in the relay, whose figures are gone when it is; without a row nobody knows."""
    metrics.RELAY_LAG_EVENTS.set(nan if row is None else row["lag"])
    metrics.RELAY_LAG_SECONDS.set(nan if row is None else row["seconds"] or 0.0)


def _failed(error: Exception) -> Readiness:
    what = "schema" if isinstance(error, SchemaMismatch) else "database"
    return Readiness(failing={what: str(error)})


async def _kafka(bootstrap: str) -> dict[str, str]:
    """Empty where some broker takes connections."""
    for server in filter(None, bootstrap.split(",")):
        host, _, port = server.strip().rpartition(":")
        with suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(KAFKA_WITHIN):
                _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            return {}
    return {"kafka": "no broker takes connections; commands are kept and published later"}
