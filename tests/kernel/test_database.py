"""What a connection asks of PostgreSQL for its own end."""

from __future__ import annotations

import pytest

from kernel.database import connect_pool
from kernel.settings import Settings


@pytest.mark.parametrize(("seconds", "given_up_after"), [(10.0, "20s"), (None, "0")])
async def test_only_where_statements_may_take_their_time_a_silent_transaction_keeps_its_locks(
    database: Settings, seconds: float | None, given_up_after: str
) -> None:
    pool = await connect_pool(database, "contacts_log", max_size=1, command_timeout=seconds)
    try:
        assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == given_up_after
    finally:
        await pool.close()
