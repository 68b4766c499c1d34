"""The topics that carry the log: their names, how they are made, and what makes one unfit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings

LARGEST_BATCH = 4 * 1024 * 1024
"""Bytes of one compressed batch that a topic takes."""

FORGETFUL = {
    "cleanup.policy": "delete",
    "retention.ms": str(10 * 60_000),
    "segment.ms": str(10 * 60_000),
    "message.timestamp.type": "LogAppendTime",  # a sender's clock may be anywhere
}

SECONDS_TO_ANSWER = 10.0
SECONDS_BETWEEN_LOOKS = 0.05


class UnfitTopic(Exception):
    """A topic of this name is there, and it would lose or mix up the log."""


def topic(settings: Settings, service: str, generation: int) -> str:
    """The name of one generation of a service's topic, e.g. `crm.contacts.g1`."""
    return f"{settings.topics}.{service}.g{generation}"


def configuration(settings: Settings) -> dict[str, str]:
    """What a topic of the log is told beside its partitions: above all, to forget nothing."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "min.insync.replicas": str(settings.min_insync_replicas),
        "max.message.bytes": str(LARGEST_BATCH),
        # A record's time is the store's; a broker whose clock is behind must still take it.
        "message.timestamp.after.max.ms": str(2**63 - 1),
    }


async def existing(settings: Settings, service: str, since: int = 1) -> list[str]:
    """The topics of a service that are there, from this generation on, in order; raises KafkaError."""
    async with _administrator(settings) as administrator:
        found = {}
        for name in await administrator.list_topics():
            number = name.rpartition(".g")[2]
            if number.isdecimal() and int(number) >= since and name == topic(settings, service, int(number)):
                found[int(number)] = name
    return [found[number] for number in sorted(found)]


async def delete_topic(settings: Settings, name: str) -> None:
    """For good; one that is not there is gone already. Raises KafkaError."""
    async with _administrator(settings) as administrator:
        answer = await administrator.delete_topics([name])
        error = for_code(answer.topic_error_codes[0][1])
        if error not in (NoError, UnknownTopicOrPartitionError):
            raise error(f"Topic {name} could not be deleted.")


@asynccontextmanager
async def _administrator(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    administrator = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka, request_timeout_ms=int(SECONDS_TO_ANSWER * 1000)
    )
    try:
        await administrator.start()
        yield administrator
    finally:
        await administrator.close()


async def ensure_topic(settings: Settings, name: str) -> None:
    """Makes the topic if it is missing; raises UnfitTopic for one made otherwise, or a KafkaError."""
    async with _administrator(settings) as administrator:
        wanted = configuration(settings)
        if not await _create(administrator, name, settings.replication_factor, wanted):
            await _check(administrator, name, wanted)


async def ensure_short_topic(settings: Settings, name: str) -> None:
    """Makes a topic of one partition whose records are of use for a moment; raises a KafkaError."""
    async with _administrator(settings) as administrator:
        await _create(administrator, name, settings.replication_factor, FORGETFUL, partitions=1)


async def _create(
    administrator: AIOKafkaAdminClient,
    name: str,
    replicas: int,
    wanted: Mapping[str, str],
    partitions: int = PARTITIONS,
) -> bool:
    """False where it is there already."""
    new = NewTopic(name, partitions, replicas, topic_configs=dict(wanted))
    answer = await administrator.create_topics([new])
    error = for_code(answer.topic_errors[0][1])
    if error not in (NoError, TopicAlreadyExistsError):
        raise error(f"Could not create topic {name}: {answer.topic_errors[0][2]}")
    return error is NoError


async def _check(administrator: AIOKafkaAdminClient, name: str, wanted: Mapping[str, str]) -> None:
    partitions = await _partitions(administrator, name)
    if partitions != PARTITIONS:
        raise UnfitTopic(f"Topic {name} has {partitions} partitions instead of {PARTITIONS}.")
    (answer,) = await administrator.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    error = for_code(answer.resources[0][0])
    if error is not NoError:
        raise error(f"The settings of topic {name} are not to be had.")
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    for setting in ("cleanup.policy", "retention.ms", "retention.bytes"):
        if found[setting] != wanted[setting]:
            raise UnfitTopic(
                f"Topic {name} would lose events: its {setting} is {found[setting]}, not {wanted[setting]}."
            )


async def _partitions(administrator: AIOKafkaAdminClient, name: str) -> int:
    """How many it has; a broker does not know of a topic in the moment after it was made."""
    async with asyncio.timeout(SECONDS_TO_ANSWER):
        while True:
            (described,) = await administrator.describe_topics([name])
            if described["error_code"] == NoError.errno:
                return len(described["partitions"])
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
