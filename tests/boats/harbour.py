"""A harbour: handlers over one database, short ways to ask them, and the log as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from kernel.commands import Command
from kernel.handling import Answer, Call, Handler
from kernel.settings import Settings
from kernel.web.problems import Problem
from tests.boats.aggregate import BOAT, POLE

SERVICE = "contacts"
"""Any service's schema will do."""


@dataclass
class Harbour:
    """`one` and `two` are handlers as two processes have them."""

    settings: Settings
    one: Handler
    two: Handler
    log: asyncpg.Connection
    org_id: UUID = field(default_factory=uuid4)

    def call(self, command: Command, boat: UUID | None = None, **more: Any) -> Call:
        more = {"org_id": self.org_id, "actor": "harbour master", "correlation_id": uuid4(), **more}
        digest = sha256(repr((command, boat)).encode()).digest()[:16]
        return Call(command=command, stream_id=boat, **{"digest": digest, **more})

    async def ask(self, command: Command, boat: UUID | None = None, **more: Any) -> Answer:
        return await self.one.handle(self.call(command, boat, **more))

    async def refused(self, command: Command, boat: UUID | None = None, **more: Any) -> Problem:
        return await refusal(self.one, self.call(command, boat, **more))

    async def events(self, boat: UUID) -> list[str]:
        """The stream's types in order; its versions are checked on the way."""
        rows = await self.log.fetch(
            "SELECT version, type FROM event WHERE org_id = $1 AND stream_id = $2 ORDER BY version",
            self.org_id,
            boat,
        )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["type"] for row in rows]


async def refusal(handler: Handler, call: Call) -> Problem:
    """The problem that a call is answered with."""
    try:
        answer = await handler.handle(call)
    except Problem as problem:
        return problem
    raise AssertionError(f"not refused: {answer}")


async def open_handler(settings: Settings) -> Handler:
    return await Handler.open(settings, SERVICE, [BOAT, POLE])
