"""Connections to every schema in which something takes the topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg

from kernel.database import DatabaseAway, connect_pool
from kernel.migrate import SchemaMismatch, require_schema
from kernel.settings import SERVICES, Settings
from ops.errors import CannotRun
from ops.settings import away

VIEWS_SCHEMA = "projections"


@asynccontextmanager
async def pools(
    settings: Settings, views_as: str = "log", **kept: Any
) -> AsyncIterator[Mapping[str, asyncpg.Pool]]:
    """By schema: each service's as its batches see it, the views' as those do or as their `owner`.

    `kept` is for `connect_pool`. Raises CannotRun.
    """
    roles = {VIEWS_SCHEMA: f"{VIEWS_SCHEMA}_{views_as}"} | {name: f"{name}_log" for name in SERVICES}
    try:
        async with AsyncExitStack() as stack:
            found = {}
            for schema, role in roles.items():
                found[schema] = await connect_pool(settings, role, **kept)
                stack.push_async_callback(found[schema].close)
                await require_schema(found[schema], schema)
            yield found
    except DatabaseAway as error:
        raise away(error) from error
    except SchemaMismatch as error:
        raise CannotRun(str(error)) from error
