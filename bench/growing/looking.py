"""How much of a log is on its topic, and how long customers' pages take."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections.abc import Mapping
from random import Random
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.calling.interactions import token_of
from bench.harness import latencies
from kernel.log.partitions import PARTITIONS
from kernel.log.topics import topic
from kernel.settings import Settings
from kernel.taking.generations import FIRST
from ops.errors import CannotRun

PAGES = 300
SECONDS_TO_PUBLISH = 1_800.0
SECONDS_BETWEEN_LOOKS = 0.2


async def until_published(settings: Settings, events: int) -> None:
    """Waits until the topic of contacts has so many; raises CannotRun."""
    name = topic(settings, "contacts", FIRST)
    places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
    await consumer.start()
    try:
        async with asyncio.timeout(SECONDS_TO_PUBLISH):
            while sum((await consumer.end_offsets(places)).values()) < events:  # noqa: ASYNC110
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    except TimeoutError:
        raise CannotRun("the relay did not publish all events in time.") from None
    finally:
        await consumer.stop()


def pages(settings: Settings, contacts: list[UUID]) -> Mapping[str, float]:
    """Asks for the pages of some of these contacts, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.port["views"])
    headers = {"authorization": f"Bearer {token_of(settings)}"}
    took = []
    for contact in Random(0).choices(contacts, k=PAGES):
        began = time.perf_counter()
        connection.request("GET", f"/customers/{contact}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise CannotRun(f"the page of {contact} is not there: {body.decode()}")
    connection.close()
    return latencies(took, "page_")
