"""A harbour over a fresh database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from kernel.settings import Settings
from tests.boats.harbour import SERVICE, Harbour, open_handler


@pytest.fixture
async def harbour(database: Settings) -> AsyncIterator[Harbour]:
    log = await asyncpg.connect(database.dsn[f"{SERVICE}_log"], server_settings={"search_path": SERVICE})
    one, two = await open_handler(database), await open_handler(database)
    yield Harbour(database, one, two, log)
    for handler in (one, two):
        await handler.close()
    await log.close()
