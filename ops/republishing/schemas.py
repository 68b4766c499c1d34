"""Every schema in which something takes the topics, and what it is that takes a service's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import asyncpg

from kernel.database import DatabaseAway, connect_pool
from kernel.migrate import SchemaMismatch, require_schema
from kernel.settings import SERVICES, Settings
from kernel.taking import generations
from kernel.taking.taker import Taker
from kernel.view import versions
from kernel.view.versions import Version
from ops.errors import CannotRun
from ops.local.supervising.names import REACTING
from ops.settings import away
from services.projections.app import VIEWS

VIEWS_SCHEMA = "projections"
FOLLOWED = "followed"


@dataclass(frozen=True)
class Schemas:
    """Connections by schema: each service's as its batches work, the views' as its owner."""

    pools: Mapping[str, asyncpg.Pool]

    async def generations(self, service: str) -> dict[str, int]:
        """Which generation of the service's topic each schema takes."""
        found = {}
        for schema, pool in self.pools.items():
            known = (await generations.read(pool)).get(service)
            found[schema] = known.number if known else generations.FIRST
        return found

    async def versions(self, service: str, state: str) -> list[Version]:
        """Those in this state, of views that read the service, of which this program has the fold."""
        there = await versions.every(self.pools[VIEWS_SCHEMA], VIEWS)
        return [one for one in there if one.state == state and one.fold and service in one.fold.services]

    async def takers(self, schema: str, service: str) -> list[Taker]:
        """The followed views, or the reactions, that take the service's topic."""
        if schema == VIEWS_SCHEMA:
            return [one.fold for one in await self.versions(service, FOLLOWED) if one.fold]
        return [one for one in reactions(schema) if service in one.services]


def reactions(service: str) -> Iterable[Any]:
    """A service's own."""
    return import_module(f"services.{service}.app").SERVICE.reactions if service in REACTING else ()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Schemas]:
    """Raises CannotRun."""
    if f"{VIEWS_SCHEMA}_owner" not in settings.dsn:
        raise CannotRun("the settings name no DSN of projections_owner, who makes and drops views.")
    roles = {VIEWS_SCHEMA: f"{VIEWS_SCHEMA}_owner"} | {name: f"{name}_log" for name in SERVICES}
    try:
        async with AsyncExitStack() as stack:
            pools = {}
            for schema, role in roles.items():
                pools[schema] = await connect_pool(settings, role, max_size=4, command_timeout=None)
                stack.push_async_callback(pools[schema].close)
                await require_schema(pools[schema], schema)
            yield Schemas(pools)
    except DatabaseAway as error:
        raise away(error) from error
    except SchemaMismatch as error:
        raise CannotRun(str(error)) from error
