"""The tables of reactions in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.reaction import starts
from kernel.reaction.outbox import Posted, following
from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.taking.checkpoints import Checkpoint, every
from kernel.vault.vault import Vault
from tests.kernel.reaction.shelves import shelves


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    """Connections of the role that works reactions, with the shelves deployed."""
    pool = await connect_pool(database, "contacts_log", max_size=8)
    await starts.begin(pool, shelves(), {})
    yield pool
    await pool.close()


async def posted(pool: asyncpg.Pool) -> list[Posted]:
    """What stands in the outbox and may be carried out."""
    return await following(pool, 1_000)


async def remembered(pool: asyncpg.Pool) -> dict[str, Any]:
    """What is remembered, by key."""
    return dict(await pool.fetch("SELECT key, memory FROM reaction_memory"))


async def heads_of(pool: asyncpg.Pool, reaction: Reaction[Any]) -> dict[int, Checkpoint]:
    """How far the reaction is, by partition."""
    return (await every(pool, [reaction]))[reaction.name]


@pytest.fixture
async def vault(database: Settings) -> AsyncIterator[Vault]:
    """The keys of persons."""
    vault = await Vault.open(database)
    yield vault
    await vault.close()
