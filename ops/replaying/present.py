"""Which topic is a service's present one, and whether what was read of the former is found there too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from aiokafka.errors import KafkaError

from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.log.reader import held
from kernel.log.relay.marks import generation
from kernel.log.topics import topic
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.replaying.topic import Topic
from ops.replaying.wanted import Once
from ops.settings import away

SECONDS_BETWEEN_LOOKS = 1.0

LOOKS_UNTIL_GONE = 5
"""A broker that has only begun may not know of its topics yet."""


OF_ORGANISATION = "SELECT EXISTS (SELECT FROM event WHERE org_id = $1)"


@dataclass
class Present:
    """A topic by its own name, or a service's present one: which that is, its log tells (`log`)."""

    settings: Settings
    service: str
    name: str
    log: asyncpg.Pool | None
    _look_at: float = 0.0
    _missed: int = 0

    async def moved(self, found: Topic, once: Once) -> bool:
        """Whether another topic has taken this one's place, and is there; `name` is that one then.

        Looks now and then. Raises CannotRun where there is nothing to go on with: the topic was deleted, or
        the log is no longer the one that was read.
        """
        clock = asyncio.get_running_loop().time
        if clock() < self._look_at:
            return False
        self._look_at = clock() + SECONDS_BETWEEN_LOOKS
        try:
            there = await found.consumer.topics()
            with database_away():
                name = await _present(self.settings, self.service, self.log) if self.log else self.name
                if self.log and name != self.name and name in there:
                    await _require_same_log(self.service, self.log, found, once)
                    self.name = name
                    return True
        except (DatabaseAway, KafkaError):
            return False
        self._missed = 0 if self.name in there else self._missed + 1
        if self._missed == LOOKS_UNTIL_GONE:
            raise CannotRun(f"{self.name} is gone: `./rapport replay {self.service}` reads the present one.")
        return False

    async def require_organisation(self, org: UUID) -> None:
        """Raises CannotRun where the log has no event of it. A topic alone tells nobody."""
        if self.log is not None and not await self.log.fetchval(OF_ORGANISATION, org):
            raise CannotRun(f"{self.service} has no events of organisation {org}: is --org as in its tokens?")


async def _present(settings: Settings, service: str, log: asyncpg.Pool) -> str:
    return topic(settings, service, await generation(log))


async def _require_same_log(service: str, log: asyncpg.Pool, found: Topic, once: Once) -> None:
    lacking = once.last - await held(log, once.last)
    if lacking:
        partition, position, event = min(lacking)
        raise CannotRun(
            f"{service} was restored from a backup: its log no longer holds event {event}, which was read as "
            f"position {position} of partition {partition} of {found.name}. What comes may contradict it: "
            f"begin anew with `./rapport replay {service}`."
        )


@asynccontextmanager
async def present(settings: Settings, service: str, asked: str) -> AsyncIterator[Present]:
    """Of what was asked for, a service or a topic's name. Raises CannotRun."""
    if asked != service:
        yield Present(settings, service, asked, None)
        return
    try:
        log = await connect_pool(settings, f"{service}_log", max_size=1)
        try:
            with database_away():
                name = await _present(settings, service, log)
            yield Present(settings, service, name, log)
        finally:
            await log.close()
    except DatabaseAway as error:
        raise away(error) from error
    except asyncpg.UndefinedTableError as error:
        raise CannotRun("the schema is not made yet: run `./rapport migrate`.") from error
