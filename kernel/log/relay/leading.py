"""What the one leading relay of a service does: read what is new, send it, remember what was acknowledged."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from kernel.database import DatabaseAway
from kernel.failpoints import failpoint
from kernel.log import horizon
from kernel.log.halt import halt, halted
from kernel.log.lease import Lease, LeaseLost, renew
from kernel.log.relay.comparison import Different, compare
from kernel.log.relay.marks import Mark, move_marks, read_marks
from kernel.log.relay.publisher import NOT_PUBLISHED, Flight, Publisher, Run
from kernel.log.relay.reading import Gap, read_runs
from kernel.log.relay.wake import Wake, pause
from kernel.log.topics import UnfitTopic, ensure_short_topic, ensure_topic, existing, topic
from kernel.metrics import RELAY_ERRORS, RELAY_PUBLISHED
from kernel.settings import Settings

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_WHILE_HALTED = 1.0
MANY, BREATH = 64, 0.02
"""After a flight of so many records more are sure to come: so many seconds later it is one large batch a
partition, not many small ones, which cost the broker and every reader as much each. That is above two
thousand a second for good; at a thousand a stall that filled one flight must not make the next wait too."""
SECONDS_BETWEEN_MARKS = 0.05
"""While there is always more to send; a mark that lags is only a repeat after a crash."""
SECONDS_BETWEEN_CHECKS = 1.0
"""Looks whether the marks are still where they were left, and tells how far the log is known."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two tries while nothing can be published."""
SLOW = 2.0
"""Seconds after which a missing acknowledgement is worth telling."""


@dataclass(slots=True)
class Leader:
    """Carries one service's log to its topic while a lease lasts."""

    settings: Settings
    service: str
    pool: asyncpg.Pool
    wake: Wake
    stopping: asyncio.Event
    topic: str | None = None
    """The one that it writes on now."""
    _error: str | None = None
    _next_pause: float = SHORTEST_PAUSE
    _waits_since: float | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is published just now."""
        if self._error is None and self._waits_since and time.monotonic() - self._waits_since > SLOW:
            return "Kafka does not acknowledge what was sent."
        return self._error

    async def lead(self, lease: Lease) -> None:
        """Publishes until told to stop; raises LeaseLost or DatabaseAway."""
        while not self.stopping.is_set():
            try:
                await self._publish(lease)
            except (LeaseLost, DatabaseAway):
                raise
            except Exception as error:  # aiokafka lets out more than its own errors while a broker comes up
                await self._recover(error)
            finally:
                self._waits_since = None

    async def _recover(self, error: Exception) -> None:
        """Whatever it was, the producer is gone; after a pause that grows another one starts at the marks."""
        expected = isinstance(error, (*NOT_PUBLISHED, UnfitTopic, Gap)) and str(error)
        self._error = str(error) if expected else type(error).__name__
        RELAY_ERRORS.inc()
        logger.warning("publishing broke off", exc_info=not expected, extra={"reason": self._error})
        await pause(self.stopping, self._next_pause)
        self._next_pause = min(2 * self._next_pause, LONGEST_PAUSE)

    async def _publish(self, lease: Lease) -> None:
        """The life of one producer, from the marks on."""
        marks = await read_marks(self.pool)
        name = topic(self.settings, self.service, marks[0].generation)
        if not await self._fits(lease, name, marks):
            await pause(self.stopping, SECONDS_WHILE_HALTED)
            return
        publisher = Publisher(self.settings, name)
        try:
            await publisher.open()
            await ensure_short_topic(self.settings, horizon.topic(self.settings))
            self._error, self.topic = None, name
            await self._carry(publisher, lease, marks)
        finally:
            self.topic = None
            await publisher.close()

    async def _fits(self, lease: Lease, name: str, marks: Sequence[Mark]) -> bool:
        """Whether the topic may be written on; if it may not, commands stop until it is written anew."""
        if await halted(self.pool):
            return False
        later = await existing(self.settings, self.service, marks[0].generation + 1)
        try:
            if later:
                raise Different(f"{later[-1]} is there, but the store knows of {name} only.")
            await ensure_topic(self.settings, name)
            await compare(self.settings, name, self.pool, marks)
        except Different as difference:
            logger.error("the topic differs from the store", extra={"reason": str(difference)})
            await renew(self.pool, lease)  # what a former leader sees must stop nothing
            await halt(self.pool, str(difference), marks[0].generation)
            return False
        return True

    async def _carry(self, publisher: Publisher, lease: Lease, marks: Sequence[Mark]) -> None:
        """Sends what is new, a flight after the former one was acknowledged; reads on under a large one."""
        generation = marks[0].generation
        after = {mark.partition: mark.position for mark in marks}
        known = {mark.partition: mark for mark in marks}
        landed: dict[int, Mark] = {}
        moved_at, checked_at = time.monotonic(), -math.inf
        flight: Flight | None = None
        while flight or landed or not self.stopping.is_set():
            reads = flight is None or flight.records >= MANY
            runs = await self._read(generation, after) if reads else []
            follows = flight is not None
            if flight:
                landed |= {mark.partition: mark for mark in await self._land(flight)}
            flight = await publisher.send(runs) if runs else None
            if flight:
                failpoint("relay.handed")
                after |= flight.sent
            idle = reads and not flight
            if landed and (idle or time.monotonic() - moved_at > SECONDS_BETWEEN_MARKS):
                failpoint("relay.sent")
                positions = {partition: mark.position for partition, mark in known.items()}
                await move_marks(self.pool, lease, list(landed.values()), positions)
                failpoint("relay.marked")
                known |= landed
                landed, moved_at = {}, time.monotonic()
            elif idle:
                await self.wake.wait(SECONDS_BETWEEN_LOOKS)
            if time.monotonic() - checked_at > SECONDS_BETWEEN_CHECKS:
                await self._check(known.values())
                await self._tell(publisher, generation)
                checked_at = time.monotonic()
            if follows and flight and flight.records >= MANY:
                await pause(self.stopping, BREATH)

    async def _check(self, known: Iterable[Mark]) -> None:
        """Raises LeaseLost where somebody else moved the marks: all is to be looked at again from there."""
        if await read_marks(self.pool) != sorted(known, key=lambda mark: mark.partition):
            raise LeaseLost("the marks were moved: a new generation, or a restored database")

    async def _tell(self, publisher: Publisher, generation: int) -> None:
        """Says, also while nothing is written, up to when the log is known: this topic fits the store."""
        promised = await horizon.promise(self.pool, self.service, generation)
        self._waits_since = time.monotonic()
        await publisher.tell(promised, horizon.topic(self.settings))
        self._waits_since = None

    async def _read(self, generation: int, after: Mapping[int, int]) -> list[Run]:
        """What is new; nothing once the process is told to stop."""
        if self.stopping.is_set():
            return []
        return await read_runs(self.pool, self.service, generation, after)

    async def _land(self, flight: Flight) -> list[Mark]:
        self._waits_since = time.monotonic()
        landed = await flight.landed()
        self._waits_since = None
        self._next_pause = SHORTEST_PAUSE
        RELAY_PUBLISHED.inc(flight.records)
        return landed
