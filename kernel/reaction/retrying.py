"""A second chance for what a reaction set aside: parked events in their order, and parked commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.reaction import outbox
from kernel.reaction.applying import folding
from kernel.reaction.reaction import Reaction
from kernel.taking.parking import retrying
from kernel.taking.parking.retrying import EVERYTHING, Retried
from kernel.taking.parking.which import Which
from kernel.vault.vault import Vault


async def retry(
    pool: asyncpg.Pool,
    reaction: Reaction[Any],
    vault: Vault,
    which: Which = EVERYTHING,
    told: Callable[[Retried], None] = lambda _: None,
) -> tuple[Retried, int]:
    """What became of parked events, and how many parked commands are tried again: those to the same stream.

    Raises what `retrying.retry` does.
    """
    with database_away():
        fold = folding(reaction, vault.digest)
        retried = await retrying.retry(pool, reaction, fold, vault, which, told)
        return retried, 0 if which.seq else await outbox.unpark(pool, reaction, which)
