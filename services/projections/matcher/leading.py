"""What the leading matcher does, page by page; each transaction leaves what is right as far as it came."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from time import monotonic

import asyncpg

from kernel.database import database_away
from kernel.log.lease import Lease
from kernel.log.relay.wake import pause
from kernel.taking.checkpoints import Connection
from kernel.web.problems import Problem
from services.projections.matcher import marks, scanning
from services.projections.matcher.agreements import settle
from services.projections.matcher.keys import agreements_of
from services.projections.matcher.marks import Marks
from services.projections.matcher.rematching import rematch

LOG = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_SETTLINGS = 1.0
"""Ends of agreements come by the clock: nothing tells of them."""
SECONDS_AFTER_TROUBLE = 1.0


class Matching:
    """Follows the views while it leads."""

    def __init__(self, pool: asyncpg.Pool, wrapping: Mapping[int, bytes], stopping: asyncio.Event) -> None:
        self.trouble: str | None = None
        self._pool, self._wrapping, self._stopping = pool, wrapping, stopping
        self._seen: Marks | None = None
        self._settled = float("-inf")

    async def lead(self, lease: Lease) -> None:
        """Until it is told to stop; raises LeaseLost, DatabaseAway."""
        self._seen = None
        with database_away():
            await marks.adopt(self._pool, lease)
        while not self._stopping.is_set():
            try:
                more = await self.step(lease)
                self.trouble = None
            except (asyncpg.PostgresError, Problem) as error:
                self._failed(error)
                await pause(self._stopping, SECONDS_AFTER_TROUBLE)
                continue
            if not more:
                await pause(self._stopping, SECONDS_BETWEEN_LOOKS)

    async def step(self, lease: Lease) -> bool:
        """A page of what changed and a page of what is looked through; whether there may be more at once."""
        with database_away():
            if self._seen == await marks.reached(self._pool) and not self._is_time():
                return False
            async with self._pool.acquire() as db, db.transaction(isolation="repeatable_read"):
                now, more = await self._step(db, lease)
        self._seen, self._settled = None if more else now, monotonic()
        return more

    async def _step(self, db: asyncpg.Connection, lease: Lease) -> tuple[Marks, bool]:
        since = await marks.locked(db, lease)
        until = await marks.reached(db)
        left = await settle(db, self._wrapping)
        if not until.follows(since):
            LOG.info(
                "other views are followed: every agreement is looked through", extra={"tables": until.tables}
            )
            await scanning.begin(db)
            now = until
        else:
            now = await self._follow(db, since, until)
        page = await self._look_through(db, until)
        if now != since:
            await marks.save(db, now)
        return now, left or page or now != until

    async def _follow(self, db: Connection, since: Marks, until: Marks) -> Marks:
        contacts, now = await marks.changed(db, since, until)
        for agreement in await agreements_of(db, self._wrapping, contacts.keys()):
            for org_id in agreement.sides:
                if org_id in contacts:
                    await rematch(db, agreement, org_id, contacts[org_id])
        return now

    async def _look_through(self, db: Connection, until: Marks) -> bool:
        """Whether there was something to look through."""
        page = await scanning.next_page(db)
        if page is None:
            return False
        later = await marks.ahead(db, until, page.org_id, page.contacts)
        contacts = [contact for contact in page.contacts if contact not in later]
        for agreement in await agreements_of(db, self._wrapping, [page.org_id]):
            if agreement.agreement_id == page.agreement_id:
                await rematch(db, agreement, page.org_id, contacts)
        return True

    def _is_time(self) -> bool:
        return monotonic() - self._settled > SECONDS_BETWEEN_SETTLINGS

    def _failed(self, error: Exception) -> None:
        """One line for each trouble, however often it is met."""
        if self.trouble is None:
            LOG.warning("contacts are not matched", exc_info=error)
        self.trouble = type(error).__name__
