"""Every schema in which something takes the topics, and what it is that takes a service's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from kernel.settings import Settings
from kernel.taking import generations
from kernel.taking.taker import Taker
from kernel.view import versions
from kernel.view.versions import Version
from ops.errors import CannotRun
from ops.pools import VIEWS_SCHEMA, pools
from ops.takers.reactions import reactions
from services.projections.app import VIEWS

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
        return [one for of, one in reactions().values() if of == schema and service in one.services]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Schemas]:
    """Raises CannotRun."""
    if f"{VIEWS_SCHEMA}_owner" not in settings.dsn:
        raise CannotRun("the settings name no DSN of projections_owner, who makes and drops views.")
    async with pools(settings, views_as="owner", max_size=4, command_timeout=None) as found:
        yield Schemas(found)
