"""A second chance for the events that a view set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg

from kernel.taking.parking import retrying
from kernel.taking.parking.retrying import EVERYTHING, Retried
from kernel.taking.parking.which import Which
from kernel.vault.vault import Vault
from kernel.view.batch.locked import folding
from kernel.view.view import View


async def retry(
    pool: asyncpg.Pool,
    view: View[Any],
    vault: Vault | None = None,
    which: Which = EVERYTHING,
    told: Callable[[Retried], None] = lambda _: None,
) -> Retried:
    """Tries what is parked; what fails again stays. Raises what `retrying.retry` does."""
    return await retrying.retry(pool, view, folding(view), vault, which, told)
