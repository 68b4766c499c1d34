"""A second chance for what a reaction set aside: parked events in their order, and parked commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from kernel.database import database_away
from kernel.reaction import outbox, starts
from kernel.reaction.applying import folding
from kernel.reaction.reaction import Reaction
from kernel.taking import retrying
from kernel.taking.retrying import Retried
from kernel.vault.vault import Vault


async def retry(
    pool: asyncpg.Pool, reaction: Reaction[Any], vault: Vault, org_id: UUID | None = None
) -> tuple[Retried, int]:
    """What became of parked events, of one organisation or of all; how many parked commands are tried again.

    Raises DatabaseAway.
    """
    with database_away():
        begins = await starts.read(pool, reaction) or {}
        retried = await retrying.retry(pool, reaction, folding(reaction, begins, vault.digest), vault, org_id)
        return retried, await outbox.unpark(pool, reaction, org_id)
