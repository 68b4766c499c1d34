"""The views of the wiring in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.handling import Handler
from kernel.settings import Settings
from services.contacts.app import SERVICE
from tests.services.projections.desk import Desk


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    """The worker's connections."""
    pool = await connect_pool(database, "projections_log", max_size=5)
    yield pool
    await pool.close()


@pytest.fixture
async def desk(database: Settings, pool: asyncpg.Pool) -> AsyncIterator[Desk]:
    handler = await Handler.open(database, SERVICE.name, SERVICE.aggregates)
    log = await connect_pool(database, "contacts_log", max_size=1)
    readers = await connect_pool(database, "projections_app", max_size=1)
    yield Desk(handler, log, pool, readers, handler.vault)
    await readers.close()
    await log.close()
    await handler.close()
