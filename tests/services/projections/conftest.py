"""The views of the wiring in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.handling import Handler
from kernel.settings import Settings
from kernel.vault.vault import Vault
from services.contacts import app as contacts
from services.partners import app as partners
from services.sales import app as sales
from tests.services.projections.desk import Desk


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    """The worker's connections."""
    pool = await connect_pool(database, "projections_log", max_size=5)
    yield pool
    await pool.close()


@pytest.fixture
async def desk(database: Settings, pool: asyncpg.Pool) -> AsyncIterator[Desk]:
    services = {service.name: service for service in (contacts.SERVICE, sales.SERVICE, partners.SERVICE)}
    handlers = {name: await Handler.open(database, name, one.aggregates) for name, one in services.items()}
    logs = {name: await connect_pool(database, f"{name}_log", max_size=1) for name in services}
    readers = await connect_pool(database, "projections_app", max_size=1)
    yield Desk(handlers, logs, pool, readers, handlers["contacts"].vault)
    for each in (readers, *logs.values(), *handlers.values()):
        await each.close()


@pytest.fixture
async def vault(database: Settings) -> AsyncIterator[Vault]:
    """The keys of persons."""
    vault = await Vault.open(database)
    yield vault
    await vault.close()
