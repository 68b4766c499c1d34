"""What a connection asks of PostgreSQL for its own end, and what a pool makes of one that is lost."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

import kernel.database
from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.settings import Settings
from tests.proxy import wired

CONNECTIONS = 4


@pytest.mark.parametrize(("seconds", "given_up_after"), [(10.0, ("20s", "30s")), (None, ("0", "0"))])
async def test_only_where_statements_may_take_their_time_a_silent_transaction_keeps_its_locks(
    database: Settings, seconds: float | None, given_up_after: tuple[str, str]
) -> None:
    pool = await connect_pool(database, "contacts_log", max_size=1, command_timeout=seconds)
    try:
        silent = await pool.fetchval("SHOW idle_in_transaction_session_timeout")
        assert (silent, await pool.fetchval("SHOW transaction_timeout")) == given_up_after
    finally:
        await pool.close()


async def test_a_transaction_that_takes_too_long_is_given_up_as_a_lost_connection_is(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kernel.database._SOON, "transaction_timeout", "100ms")
    pool = await connect_pool(database, "contacts_log", max_size=1)
    try:
        with pytest.raises(DatabaseAway), database_away():
            async with pool.acquire() as db, db.transaction():
                await db.execute("SELECT pg_sleep(5)")
        assert await pool.fetchval("SELECT 1") == 1
    finally:
        await pool.close()


async def test_one_lost_connection_is_enough_to_use_none_of_those_made_before(database: Settings) -> None:
    async with wired(database) as (through, wire):
        pool = await connect_pool(through, "contacts_log", max_size=CONNECTIONS, command_timeout=0.5)
        async with AsyncExitStack() as stack:
            for _ in range(CONNECTIONS):
                await stack.enter_async_context(pool.acquire())
        wire.swallow()
        wire.mend()
        with pytest.raises(DatabaseAway), database_away():
            await pool.fetchval("SELECT 1")
        for _ in range(CONNECTIONS):
            assert await pool.fetchval("SELECT 1") == 1
        pool.terminate()
