"""Connections to PostgreSQL by role, and the one way in which a caller's organisation is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.settings import Settings

SECONDS_TO_CONNECT = 5.0
SECONDS_TO_ANSWER = 10.0
SECONDS_SILENT, SECONDS_IN_TRANSACTION = 20.0, 30.0
"""After which PostgreSQL gives up a transaction whose owner says nothing more, and any: a connection that a
firewall forgot would keep its locks for hours. One that fell silent between a statement's parsing and its
execution is not idle to PostgreSQL: hence the second. Only where statements have a time limit too."""

# Each role works by keys alone: a plan made while a table was empty must not scan it once it is full, and one
# for all values is as good as one for each, which would cost more than most of these statements do.
_SESSION = {"jit": "off", "enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}

_SOON = {
    "idle_in_transaction_session_timeout": f"{SECONDS_SILENT:.0f}s",
    "transaction_timeout": f"{SECONDS_IN_TRANSACTION:.0f}s",
}

_LOST = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
)


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached, broke off or has no room; what was asked may or may not have happened."""


@contextmanager
def database_away() -> Iterator[None]:
    """Turns what a lost connection raises into DatabaseAway."""
    try:
        yield
    except _LOST as error:
        if isinstance(error, asyncpg.InterfaceError) and not _broken(error):
            raise
        if isinstance(error, asyncpg.DiskFullError):
            raise DatabaseAway(
                "no room is left on the disk of the database: make some, and try again"
            ) from error
        raise DatabaseAway(f"the database is away: {type(error).__name__}") from error


def _broken(error: asyncpg.InterfaceError) -> bool:
    """Whether the connection is gone; asyncpg reports wrong use by the same class."""
    wrong_argument = isinstance(error, ValueError)
    return not wrong_argument and ("closed" in str(error) or "closing" in str(error))


async def connect_pool(
    settings: Settings,
    role: str,
    *,
    schema: str | None = None,
    min_size: int = 1,
    max_size: int = 10,
    command_timeout: float | None = SECONDS_TO_ANSWER,
) -> asyncpg.Pool:
    """A pool that signs in as `role` and finds its tables in `schema` (default: the role's own).

    A statement that takes longer than `command_timeout` seconds is cancelled. Lost connections are made anew
    when next asked for. When one is lost, so are most likely those made before: none of them is used again,
    for each would take its caller's time to find that out.
    """
    expired = 0

    async def begin(connection: asyncpg.Connection) -> None:
        made_after = expired

        async def lost(_: asyncpg.Connection) -> None:
            nonlocal expired
            if expired == made_after:
                expired += 1
                await pool.expire_connections()

        connection.add_termination_listener(lost)
        await _use_codecs(connection)

    with database_away():
        pool = asyncpg.create_pool(
            settings.dsn[role],
            min_size=min_size,
            max_size=max_size,
            max_queries=2**31,
            max_inactive_connection_lifetime=0,
            init=begin,
            reset=_keep_session,
            timeout=SECONDS_TO_CONNECT,
            command_timeout=command_timeout,
            server_settings={
                "search_path": schema or role.rsplit("_", 1)[0],
                "application_name": f"rapport {role}",
                **_SESSION,
                **({} if command_timeout is None else _SOON),
            },
        )
        return await pool


async def _use_codecs(connection: asyncpg.Connection) -> None:
    """json and jsonb come and go as plain data; Decimal, UUID and datetime are written as their text."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=msgspec.json.encode, decoder=msgspec.json.decode
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_to_jsonb, decoder=_from_jsonb
    )


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Nothing of ours changes a session, so the pool need not spend a round trip on resetting it."""


def _to_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)


def _from_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(memoryview(value)[1:])


@asynccontextmanager
async def read_as(pool: asyncpg.Pool, org_id: UUID) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
    """One read-only snapshot that sees the rows of one organisation; raises DatabaseAway."""
    with database_away():
        async with pool.acquire(timeout=SECONDS_TO_CONNECT) as connection:
            # One round trip; as simple statements they take no parameters, and a UUID needs no quoting.
            await connection.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
                f"SELECT set_config('rapport.org', '{UUID(int=org_id.int)}', true)"
            )
            try:
                yield connection
            finally:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
