"""Queries about what another organisation shares: answered once all is known by which it closed something.

What its owner last said of who may be told what is kept in the services' own tables, by the transaction that
recorded it. An answer is made of views that have come so far, and is thrown away when it took so long that
the owner may have said more: so a withdrawal counts one second after its answer, whatever lags or stands.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from kernel.database import database_away, read_as
from kernel.taking.checkpoints import Connection
from kernel.vault.vault import Vault
from kernel.view import reading
from kernel.web.access import Caller
from kernel.web.inquiry import Inquiry, made
from kernel.web.positions import Positions, open_positions
from kernel.web.problems import Problem, not_found
from kernel.web.querying import Querying, shown
from kernel.web.service import Query
from kernel.web.tokens import Verifier
from kernel.web.wire.exchange import Response
from lib.records import Record

GOOD_FOR = 0.75
"""Seconds after the heads were asked for in which the answer must be ready."""

HEADS = """
SELECT m.generation, h.partition, h.position FROM gate_head h JOIN mark m USING (partition)
WHERE h.org_id = $1"""
PROGRESS = "SELECT * FROM gate_progress($1::text[], $2)"


class Sharing(Querying):
    """Answers such queries; `partner` asks the gate, `heads` are the services' gate roles."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        vault: Vault,
        verifier: Verifier,
        token_key: bytes,
        partner: asyncpg.Pool,
        heads: Mapping[str, asyncpg.Pool],
    ) -> None:
        super().__init__(pool, vault, verifier, token_key)
        self._partner = partner
        self._heads = heads

    async def _read(self, query: Query[Any], params: Record, caller: Caller, asked: str) -> Response:
        if asked:
            positions = open_positions(self._token_key, caller.org_id, asked)
            await reading.wait_for(self._pool, query.views, positions)
        owner = await self._owner(query, params, caller)
        began = time.monotonic()
        try:
            async with asyncio.timeout(GOOD_FOR):
                response = await self._known(query, params, caller, owner)
        except TimeoutError:
            raise behind() from None
        if time.monotonic() - began > GOOD_FOR:
            raise behind()
        return response

    async def _owner(self, query: Query[Any], params: Record, caller: Caller) -> UUID:
        assert query.owner is not None
        async with read_as(self._partner, caller.org_id) as db:
            owner = await query.owner(self._inquiry(db, caller), params)
        if owner is None:
            raise not_found()
        return owner

    async def _known(self, query: Query[Any], params: Record, caller: Caller, owner: UUID) -> Response:
        """The answer, of the first snapshot that has come to the heads as they are now."""
        heads = await self._heads_of(query, owner)
        pause = reading.FIRST_PAUSE
        while True:
            async with read_as(self._partner, caller.org_id) as db:
                if (reached := await knows(db, query, owner, heads)) is not None:
                    found = await query.handler(self._inquiry(db, caller), params)
                    break
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, reading.LONGEST_PAUSE)
        return shown(self._token_key, caller, await made(found), reached)

    async def _heads_of(self, query: Query[Any], owner: UUID) -> Positions:
        """Where the owner's last gate facts stand."""
        heads: Positions = {}
        with database_away():
            several = [self._heads[service].fetch(HEADS, owner) for service in query.heads]
            for service, rows in zip(query.heads, await asyncio.gather(*several), strict=True):
                for generation, partition, position in rows:
                    heads.setdefault((service, generation), {})[partition] = position
        return heads

    def _inquiry(self, db: asyncpg.Connection, caller: Caller) -> Inquiry:
        return Inquiry(db, caller, self._vault, self._token_key)


async def knows(db: Connection, query: Query[Any], owner: UUID, heads: Positions) -> Positions | None:
    """How far the query's views are, if they have come to these heads and lack no event of the owner's."""
    rows = await db.fetch(PROGRESS, [view.name for view in query.views], owner)
    found = reading.progress_of(query.views, rows)
    gating = [(version, at) for version, at in found if not version.services.isdisjoint(query.heads)]
    if any(checkpoint.parked for _, checkpoint in gating) or not reading.there(gating, heads):
        return None
    return reading.least(found)


def behind() -> Problem:
    """503: perhaps something was closed that is not known here."""
    return Problem("view-behind", "What the owner last said of who is told is not known here yet; ask again.")
