"""Views that follow their topics, over as many consumers as break."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from kernel import metrics
from kernel.database import DatabaseAway, database_away
from kernel.settings import Settings
from kernel.taking import checkpoints, generations
from kernel.taking.fetching import gave_up
from kernel.taking.generations import Topics
from kernel.vault.vault import Vault
from kernel.view import versions
from kernel.view.view import View
from kernel.view.worker.consumer import SECONDS_TO_ANSWER, consuming
from kernel.view.worker.follower import Follower
from kernel.view.worker.hearing import hear
from kernel.view.worker.progress import Progress

LOG = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_BETWEEN_GLANCES = 0.1
"""At which versions are to be followed: what comes meanwhile is read again for a new one, while all wait."""
SECONDS_WITHOUT_PROGRESS = 30.0
SECONDS_TO_DRAIN = 8.0


class Stuck(Exception):
    """The consumer must be made anew."""


class Worker:
    """Follows the topics of its views' services, and makes its consumer anew whenever that breaks."""

    def __init__(
        self, settings: Settings, views: Sequence[View[Any]], pool: asyncpg.Pool, vault: Vault | None = None
    ) -> None:
        self._settings, self._views = settings, views
        self._pool, self._vault = pool, vault
        self._follower: Follower | None = None
        self._services = {service for view in views for fold in view.folds for service in fold.services}
        self.progress = Progress(views)
        metrics.show(metrics.FOLDING)

    async def topics(self) -> Topics:
        """Every topic that some view reads, each in its generation of now; raises DatabaseAway."""
        with database_away():
            return await generations.topics(self._pool, self._settings, self._services)

    async def work(self) -> None:
        """Goes on until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hear(self._settings, self._pool, self.progress))
            tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                await self._follow()
                continue
            except (KafkaError, OSError, Stuck) as error:  # OSError includes a TimeoutError
                self.progress.failed("kafka", error)
            except (DatabaseAway, asyncpg.PostgresError) as error:
                self.progress.failed("database", error)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def drain(self) -> None:
        """Waits until the batch in hand is taken, if it can be."""
        if self._follower is not None:
            try:
                async with asyncio.timeout(SECONDS_TO_DRAIN):
                    await self._follower.busy.acquire()
            except TimeoutError:
                return

    async def _follow(self) -> None:
        """One consumer's life; returns where other topics are to be followed."""
        wanted = await self.topics()
        async with consuming(self._settings) as consumer:
            there = await self._existing(consumer, wanted)
            self._follower = follower = Follower(
                consumer, there, self._views, self._pool, self._vault, self.progress
            )
            self.progress.begin()
            consumer.subscribe(list(there), listener=follower)
            work = {
                asyncio.create_task(follower.follow()),
                asyncio.create_task(self._watch(consumer, there, wanted)),
                asyncio.create_task(self._keep(follower, wanted)),
                asyncio.create_task(self._glance(follower)),
            }
            try:
                done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.wait(work)
            for task in done:
                task.result()

    async def _existing(self, consumer: AIOKafkaConsumer, wanted: Topics) -> Topics:
        """The topics that are there, as soon as there is one."""
        while True:
            async with asyncio.timeout(SECONDS_TO_ANSWER):
                names = await consumer.topics()
            if there := {name: place for name, place in wanted.items() if name in names}:
                return there
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS / 4)

    async def _keep(self, follower: Follower, wanted: Topics) -> None:
        """Notices what is lost, and what an operator takes or drops of what is parked; returns for other
        topics."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            with suppress(DatabaseAway, asyncpg.PostgresError), database_away():
                if await self.topics() != wanted:
                    LOG.info("other topics are to be followed")
                    return
                if await self._set_back():
                    LOG.warning("the views were set back")
                    follower.look_again()
                if parked := [view for view in self.progress.views if self.progress.parked(view)]:
                    self.progress.seen(await checkpoints.every(self._pool, parked))

    async def _glance(self, follower: Follower) -> None:
        """Has the follower take other versions as soon as they are to be."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_GLANCES)
            with suppress(DatabaseAway, asyncpg.PostgresError), database_away():
                if await versions.followed(self._pool, self._views) != self.progress.views:
                    follower.look_again()

    async def _set_back(self) -> bool:
        """Whether a version is not as far as it was: the database came back without its last commits.

        At a topic's end no record would come behind which what is missing is a gap.
        """
        known = self.progress.positions()
        found = await checkpoints.every(self._pool, self.progress.views)
        return any(
            found[table][partition].head(service).position < position
            for (table, service, partition), position in known.items()
            if partition in found.get(table, {})
        )

    async def _watch(self, consumer: AIOKafkaConsumer, there: Topics, wanted: Topics) -> None:
        """Keeps the figures; returns when a topic has appeared, raises Stuck when records do not come."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                async with asyncio.timeout(SECONDS_TO_ANSWER):
                    ends = await consumer.end_offsets(consumer.assignment())
                    names = await consumer.topics() if len(there) < len(wanted) else ()
            except (KafkaError, OSError) as error:  # it may well find Kafka again by itself
                self.progress.failed("kafka", error)
            else:
                self.progress.reached_kafka(
                    {(there[at.topic][0], at.partition): end for at, end in ends.items()}
                )
                if new := [name for name in wanted if name in names and name not in there]:
                    LOG.info("topics appeared", extra={"topics": new})
                    return
            if gave_up(consumer) or self.progress.stands_still(SECONDS_WITHOUT_PROGRESS):
                raise Stuck("nothing comes any more")
