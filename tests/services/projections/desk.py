"""People of one organisation at work: commands decided for real, and the views brought up to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg

from kernel.commands import Command
from kernel.database import read_as
from kernel.handling import Call, Handler
from kernel.ids import new_id
from kernel.log.envelope import write
from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.opening import open_personal
from kernel.vault.vault import Vault
from kernel.view.batch.applying import apply
from kernel.view.view import View
from kernel.web.access import Caller, Role
from kernel.web.inquiry import Inquiry, made
from kernel.web.service import Query
from services.projections.app import VIEWS

ORG = UUID("0c000000-0000-7000-8000-0000000000aa")


@dataclass
class Desk:
    """`say` a command, `ask` a query; before a query every view has taken what was said."""

    handlers: dict[str, Handler]
    """By service."""
    logs: dict[str, asyncpg.Pool]
    views: asyncpg.Pool
    readers: asyncpg.Pool
    vault: Vault
    org_id: UUID = ORG
    _taken: Counter[tuple[str, int]] = field(default_factory=Counter)
    _said: bool = True
    """Whether something was said since the views were brought up."""

    async def say(
        self, command: Command, stream_id: UUID | None = None, imported_at: datetime | None = None
    ) -> UUID:
        """The id of the contact, or of the purchase."""
        handler = self.handlers[type(command).__module__.split(".")[1]]
        call = Call(
            org_id=self.org_id,
            actor="anna",
            command=command,
            stream_id=stream_id,
            digest=b"",
            correlation_id=new_id(),
            origin="imported" if imported_at else "live",
            occurred_at=imported_at,
        )
        self._said = True
        return (await handler.handle(call)).id

    async def ask(
        self, query: Query[Any], role: Role = Role.AGENT, contact: UUID | None = None, **params: Any
    ) -> Any:
        """The answer of a query to someone of the organisation; `contact` is who asks as a customer."""
        if self._said:
            assert not await self.fold()
        async with read_as(self.readers, self.org_id) as db:
            inquiry = Inquiry(db, Caller(self.org_id, "anna", role, contact), self.vault, bytes(64))
            found = await query.handler(inquiry, query.params(**params))
        return await made(found)

    async def fold(self, views: Sequence[View[Any]] = VIEWS) -> int:
        """What relay, topic and worker do, without them; how many events were parked."""
        arrivals = await self.arrived()
        self._said = False
        return sum([(await apply(self.views, view, arrivals)).parked for view in views])

    async def arrived(self) -> list[Arrival]:
        """What was said since this was last asked, as a worker has it in hand."""
        reading = Reading(VIEWS)
        arrivals: list[Arrival] = []
        for service, partition in product(self.logs, range(PARTITIONS)):
            async with self.logs[service].acquire() as db:
                after = self._taken[service, partition]
                for position, envelope in await read_partition(db, service, partition, after, 10_000):
                    arrivals.append(reading.read(service, 1, partition, position - 1, write(envelope)))
                    self._taken[service, partition] = position
        await open_personal(self.vault, reading.personal, arrivals)
        return arrivals
