"""The process that folds the log into views: one consumer, every view, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from kernel import logging as logs
from kernel.database import connect_pool
from kernel.log.topics import topic
from kernel.migrate import require_schema
from kernel.settings import Settings, load
from kernel.vault.vault import Vault
from kernel.view.consumer import SECONDS_TO_ANSWER, consuming
from kernel.view.follower import Follower, Topics
from kernel.view.progress import Progress
from kernel.view.view import View
from kernel.web.operational import Readiness, serve_operational

GENERATION = 1
SECONDS_BETWEEN_LOOKS = 1.0
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
        self.progress = Progress(views)

    def topics(self) -> Topics:
        """Every topic that some view reads."""
        services = {service for view in self._views for service in view.services}
        return {topic(self._settings, name, GENERATION): (name, GENERATION) for name in sorted(services)}

    async def ready(self) -> Readiness:
        """What /readyz says."""
        return self.progress.readiness(self._follower.gaps.places if self._follower else ())

    async def work(self) -> None:
        """Goes on until cancelled."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, Stuck) as error:  # OSError includes a TimeoutError
                self.progress.failed("kafka", error)
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
        async with consuming(self._settings) as consumer:
            there = await self._existing(consumer)
            self._follower = Follower(consumer, there, self._views, self._pool, self._vault, self.progress)
            consumer.subscribe(list(there), listener=self._follower)
            self.progress.trouble.pop("kafka", None)
            work = {
                asyncio.create_task(self._follower.follow()),
                asyncio.create_task(self._watch(consumer, there)),
            }
            try:
                done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in work:
                    task.cancel()
                await asyncio.wait(work)
            for task in done:
                task.result()

    async def _existing(self, consumer: AIOKafkaConsumer) -> Topics:
        """The topics that are there, as soon as there is one."""
        while True:
            async with asyncio.timeout(SECONDS_TO_ANSWER):
                names = await consumer.topics()
            if there := {name: place for name, place in self.topics().items() if name in names}:
                return there
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS / 4)

    async def _watch(self, consumer: AIOKafkaConsumer, there: Topics) -> None:
        """Keeps the figures up to date; raises Stuck for a new topic, or records that do not come."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            async with asyncio.timeout(SECONDS_TO_ANSWER):
                ends = await consumer.end_offsets(consumer.assignment())
                names = await consumer.topics() if len(there) < len(self.topics()) else ()
            self.progress.ends.update({(there[tp.topic][0], tp.partition): end for tp, end in ends.items()})
            self.progress.measure()
            if any(name in names for name in self.topics() if name not in there):
                raise Stuck("a topic appeared")
            if self._stands_still():
                raise Stuck("no record came though there are some")

    def _stands_still(self) -> bool:
        away = self.progress.trouble or (self._follower is not None and self._follower.gaps.places)
        still = time.monotonic() - self.progress.moved_at > SECONDS_WITHOUT_PROGRESS
        return still and not away and any(map(self.progress.lag, self._views))


async def serve(settings: Settings, views: Sequence[View[Any]]) -> None:
    """Works until SIGTERM or SIGINT, with HTTP for its operator; raises SchemaMismatch, DatabaseAway."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, "projections_log", max_size=len(views) + 1)
        stack.push_async_callback(pool.close)
        await require_schema(pool, "projections")
        vault = await Vault.open(settings) if any(view.personal for view in views) else None
        if vault is not None:
            stack.push_async_callback(vault.close)
        worker = Worker(settings, views, pool, vault)
        await stack.enter_async_context(serve_operational(settings, settings.port["worker"], worker.ready))
        work = asyncio.create_task(worker.work())
        await asyncio.wait({work, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        await worker.drain()
        work.cancel()
        await asyncio.wait({work})
        if not work.cancelled():
            work.result()


def run() -> None:
    """The worker of all views, with settings from outside."""
    # A batch makes many objects and no cycles: look for those a hundred times less often.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    settings = load()
    logs.set_up(settings, "worker")
    asyncio.run(serve(settings, import_module("services.projections.app").VIEWS))
