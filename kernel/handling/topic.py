"""What a service's handler must know of its topic: whether the log may grow, and which generation it is."""

from __future__ import annotations

import asyncio
import time

import asyncpg

from kernel.database import database_away

SECONDS_CACHED = 1.0

ASK = "SELECT (SELECT reason FROM halt WHERE only_one), (SELECT max(generation) FROM mark)"


class Topic:
    """Asked before every command; looked up once a second. Raises DatabaseAway."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._known: tuple[str | None, int] = (None, 1)
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def state(self) -> tuple[str | None, int]:
        """Why commands are stopped, or None; and the generation."""
        if time.monotonic() >= self._until:
            async with self._asking:
                if time.monotonic() >= self._until:
                    await self._ask()
        return self._known

    async def _ask(self) -> None:
        with database_away():
            reason, generation = await self._pool.fetchrow(ASK)
        self._known = reason, generation
        self._until = time.monotonic() + SECONDS_CACHED
