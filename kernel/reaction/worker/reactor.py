"""Every reaction of a service, subscribed through FastStream, and subscribed anew whenever that breaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

import asyncpg
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from kernel import metrics
from kernel.database import DatabaseAway, database_away
from kernel.metrics import REACTION_LAG_EVENTS, REACTION_PARKED
from kernel.reaction import outbox
from kernel.reaction.sending import Sender
from kernel.reaction.worker.deploying import SECONDS_TO_ANSWER, deploy, missing
from kernel.reaction.worker.subscription import Subscription
from kernel.settings import Settings
from kernel.stopping import stopped
from kernel.taking import checkpoints, generations
from kernel.taking.checkpoints import Place
from kernel.taking.fetching import gave_up
from kernel.taking.generations import Topics
from kernel.vault.vault import Vault
from kernel.web.operational import Readiness
from kernel.web.service import Service

LOG = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_WITHOUT_PROGRESS = 30.0
LOOKS_IN_VAIN = 3
"""After so many without an answer the consumers are made anew: some never find a restarted cluster again."""
SECONDS_TO_DRAIN = 6.0


class Stuck(Exception):
    """The consumers must be made anew."""


class Reactor:
    """All reactions of a service: subscribes them, and makes their consumers anew whenever that breaks."""

    def __init__(
        self, settings: Settings, service: Service, pool: asyncpg.Pool, vault: Vault, sender: Sender
    ) -> None:
        self._settings, self._pool = settings, pool
        self._sender = sender
        self._kafka: str | None = "not connected yet"
        self._database: str | None = None
        self._lag: dict[str, int] = {}
        self._parked: dict[str, int] = {}
        metrics.show(metrics.REACTING)
        self._subscriptions = [
            Subscription(reaction, pool, vault, sender.wake.set) for reaction in service.reactions
        ]

    async def work(self) -> None:
        """Goes on until cancelled."""
        while True:
            try:
                await self._follow()
            except DatabaseAway as away:
                self._database = str(away)
                LOG.warning("the reactions wait", extra={"reason": self._database})
            except (KafkaError, OSError, Stuck) as error:  # OSError includes a TimeoutError
                self._kafka = str(error) or type(error).__name__
                LOG.warning("the reactions wait", extra={"reason": self._kafka})
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def _follow(self) -> None:
        """The consumers' life; returns where other topics are to be followed."""
        for each in self._subscriptions:
            each.topics = await self._topics(each)
        await self._topics_are_there()
        for each in self._subscriptions:
            await deploy(self._settings, self._pool, each.reaction, each.topics)
        broker = broker_of(self._settings, self._subscriptions)
        try:
            async with asyncio.timeout(SECONDS_TO_ANSWER):
                await broker.start()
            in_vain = 0
            while not await self._moved():
                in_vain = 0 if await self._looked() else in_vain + 1
                if in_vain == LOOKS_IN_VAIN:
                    raise Stuck("Kafka does not answer")
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            await stopped(broker.stop(), SECONDS_TO_DRAIN + 1)

    async def _topics(self, subscription: Subscription) -> Topics:
        with database_away():
            return await generations.topics(self._pool, self._settings, subscription.reaction.services)

    async def _moved(self) -> bool:
        """Whether the reactions are to follow other topics, as far as the database tells."""
        with suppress(DatabaseAway):
            for each in self._subscriptions:
                if await self._topics(each) != each.topics:
                    LOG.info("other topics are to be followed")
                    return True
        return False

    async def _topics_are_there(self) -> None:
        wanted = {name for each in self._subscriptions for name in each.topics}
        while absent := await missing(self._settings, wanted):
            self._kafka = f"topics are missing: {', '.join(sorted(absent))}"
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS / 4)

    async def _looked(self) -> bool:
        """Whether Kafka answered; for the database the subscriptions wait by themselves."""
        try:
            await self._watch()
        except DatabaseAway as away:
            self._database = str(away)
        except (KafkaError, OSError) as error:
            self._kafka = type(error).__name__
            return False
        else:
            self._kafka = self._database = None
        return True

    async def _watch(self) -> None:
        """Keeps the figures; raises Stuck when records do not come though there are some."""
        parked = await _parked(self._pool, self._subscriptions)
        for each in self._subscriptions:
            each.seek()
            each.resume()
            name = each.reaction.name
            each.watch.ends = await _ends(each)
            each.watch.looked([(each.reaction, each.heads)], bool(each.trouble or each.gaps.places))
            self._lag[name] = each.watch.lag(each.reaction, each.heads)
            self._parked[name] = parked[name]
            REACTION_LAG_EVENTS.labels(name).set(self._lag[name])
            REACTION_PARKED.labels(name).set(parked[name])
            fetches = each.consumer is None or not gave_up(each.consumer)
            if not fetches or each.watch.stuck(SECONDS_WITHOUT_PROGRESS):
                raise Stuck("no record came though there are some")

    async def ready(self) -> Readiness:
        """Never unready: no caller needs the reactions. What is away is `degraded`."""
        trouble = {"kafka": self._kafka, "database": self._database, "outbox": self._sender.trouble}
        degraded = {what: reason for what, reason in trouble.items() if reason}
        for each in self._subscriptions:
            if each.trouble:
                degraded[each.reaction.name] = each.trouble
            if each.gaps.places:
                degraded["gap"] = f"a record is missing: {each.gaps.places}"
        return Readiness(degraded=degraded, details={"lag": self._lag, "parked": self._parked})


def broker_of(settings: Settings, subscriptions: Iterable[Subscription]) -> KafkaBroker:
    """FastStream's broker with every subscription. It makes no topics and produces nothing."""
    broker = KafkaBroker(
        settings.kafka,
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
        graceful_timeout=SECONDS_TO_DRAIN,
    )
    for each in subscriptions:
        each.subscribe(broker, settings)
    return broker


async def _ends(each: Subscription) -> dict[Place, int]:
    """Where the topics of this process's places end."""
    if (consumer := each.consumer) is None:
        return {}
    async with asyncio.timeout(SECONDS_TO_ANSWER):
        ends = await consumer.end_offsets(consumer.assignment())
    return {(each.topics[at.topic][0], at.partition): end for at, end in ends.items()}


async def _parked(pool: asyncpg.Pool, subscriptions: Iterable[Subscription]) -> dict[str, int]:
    """Events and commands that each reaction has set aside."""
    found = {}
    with database_away():
        for each in subscriptions:
            name = each.reaction.name
            each.heads = (await checkpoints.every(pool, [each.reaction]))[name]
            events = sum(checkpoint.parked for checkpoint in each.heads.values())
            found[name] = events + await outbox.parked(pool, each.reaction)
    return found
