"""The one way from a wish to facts, for every service."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from kernel.aggregate import Aggregate
from kernel.database import DatabaseAway, connect_pool
from kernel.handling.attempt import Attempt
from kernel.handling.call import Answer, Call
from kernel.handling.endings import Endings
from kernel.handling.streams import Streams
from kernel.handling.topic import Topic
from kernel.handling.turns import Turns
from kernel.ids import new_id
from kernel.log.facts import UnknownVersion
from kernel.log.store import Store
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.web.problems import Problem, outdated, unavailable

LOG = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a command is decided on the log before its caller is told that others are always quicker."""


class Handler:
    """Carries out the commands of one service. Whatever is no success is raised as a Problem."""

    def __init__(
        self,
        service: str,
        aggregates: Iterable[Aggregate[Any]],
        store: Store,
        vault: Vault,
        pool: asyncpg.Pool,
    ) -> None:
        self.store = store
        self.vault = vault
        self._service = service
        self._pool = pool
        self._topic = Topic(pool)
        self._aggregates = {command: aggregate for aggregate in aggregates for command in aggregate.commands}
        self._streams = Streams(store, vault, self._aggregates.values())
        self._turns = Turns()

    @classmethod
    async def open(cls, settings: Settings, service: str, aggregates: Iterable[Aggregate[Any]]) -> Handler:
        """Connects to the service's log and to the vault; raises DatabaseAway."""
        aggregates = tuple(aggregates)
        unread = [event.__name__ for aggregate in aggregates for event in aggregate.ignores]
        store = await Store.open(settings, service, unread)
        vault = await Vault.open(settings)
        pool = await connect_pool(settings, f"{service}_log", max_size=1)
        return cls(service, aggregates, store, vault, pool)

    async def close(self) -> None:
        """Finishes what it has begun."""
        await self.store.close()
        await self.vault.close()
        await self._pool.close()

    def digest(self, org_id: UUID, content: bytes) -> bytes:
        """What tells a repeat of a command from another command under the same key."""
        return self.vault.digest(org_id, "command", content)

    def parsing(self, org_id: UUID) -> dict[str, Any]:
        """The context in which a command's body is validated."""
        return {"digest": lambda kind, value: self.vault.digest(org_id, kind, value)}

    async def halted(self) -> str | None:
        """Why commands are stopped, or None; raises DatabaseAway."""
        return (await self._topic.state())[0]

    async def handle(self, call: Call) -> Answer:
        """Carries out one command; what it answers is durable."""
        try:
            halted, generation = await self._topic.state()
            if halted is not None:
                raise Problem("log-ahead", "Commands are stopped: the topic does not agree with the store.")
            answer = await self._carry_out(call, generation)
        except DatabaseAway as error:
            raise unavailable("The database is away: repeat this, with its idempotency key.") from error
        except UnknownVersion as error:
            LOG.error("an event of a later version is to be read", extra={"reason": str(error)})
            raise outdated(error) from error
        if answer is None:
            raise Problem("conflict", "Others changed it each time this was tried: read it again.")
        return answer

    async def _carry_out(self, call: Call, generation: int) -> Answer | None:
        aggregate = self._aggregates[type(call.command)]
        target = self._target(aggregate, call)
        # One after another, so that a much used stream does not conflict with itself.
        async with self._turns.of((call.org_id, aggregate.name if call.command.spans else target)):
            endings = Endings(
                service=self._service,
                generation=generation,
                aggregate=aggregate,
                streams=self._streams,
                store=self.store,
                vault=self.vault,
                call=call,
                now=_moment(call),
            )
            attempt = Attempt(call, aggregate, target, endings)
            answer = await attempt.from_memory()
            for _ in range(ATTEMPTS):
                answer = answer or await attempt.from_log()
        return answer

    def _target(self, aggregate: Aggregate[Any], call: Call) -> UUID:
        if call.command.begins and aggregate.stream_of is not None:
            target = aggregate.stream_of(call.org_id, call.command)
            if call.stream_id not in (None, target):
                raise Problem("invalid", "The id follows from the content: leave it out.", pointer="/id")
            return target
        if call.stream_id is not None:
            return call.stream_id
        if call.key is None:
            return new_id()
        # The same id for a repeat, so that it makes no second person's key before its answer is found.
        made = self.vault.digest(call.org_id, "id", f"{self._service}\0{call.actor}\0{call.key}")
        return UUID(bytes=made, version=4)


def _moment(call: Call) -> datetime:
    """When the command is decided: its own time where it brings one, yet never in the future."""
    now = datetime.now(UTC)
    return now if call.occurred_at is None else min(call.occurred_at, now)
