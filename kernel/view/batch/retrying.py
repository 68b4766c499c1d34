"""A second chance for the events that a view set aside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from kernel.taking import retrying
from kernel.taking.retrying import Retried
from kernel.vault.vault import Vault
from kernel.view.batch.locked import folding
from kernel.view.view import View


async def retry(
    pool: asyncpg.Pool, view: View[Any], vault: Vault | None = None, org_id: UUID | None = None
) -> Retried:
    """Tries what is parked, of one organisation or of all; what fails again stays. Raises DatabaseAway."""
    return await retrying.retry(pool, view, folding(view), vault, org_id)
