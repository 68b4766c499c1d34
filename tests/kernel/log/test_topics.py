"""Topics of the log are made once, as they must be, and an unfit one is refused."""

import secrets
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from kernel.log.partitions import PARTITIONS
from kernel.log.topics import UnfitTopic, ensure_topic, topic
from kernel.settings import Settings


@pytest.fixture
def settings(kafka: str) -> Settings:
    """No database is needed here."""
    return Settings(kafka=kafka, topics=f"crm-{secrets.token_hex(4)}")


@pytest.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    yield client
    await client.close()


def test_a_topic_is_named_after_its_service_and_generation() -> None:
    assert topic(Settings(topics="crm"), "contacts", 2) == "crm.contacts.g2"


async def test_a_missing_topic_is_made_and_forgets_nothing(
    settings: Settings, admin: AIOKafkaAdminClient
) -> None:
    name = topic(settings, "contacts", 1)
    await ensure_topic(settings, name)
    await ensure_topic(settings, name)
    (described,) = await admin.describe_topics([name])
    assert len(described["partitions"]) == PARTITIONS
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert (found["cleanup.policy"], found["retention.ms"], found["retention.bytes"]) == (
        "delete",
        "-1",
        "-1",
    )
    assert found["min.insync.replicas"] == "1"


async def test_a_topic_with_other_partitions_is_refused(
    settings: Settings, admin: AIOKafkaAdminClient
) -> None:
    name = topic(settings, "contacts", 1)
    await admin.create_topics([NewTopic(name, 3, 1, topic_configs={"retention.ms": "-1"})])
    with pytest.raises(UnfitTopic, match="has 3 partitions"):
        await ensure_topic(settings, name)


@pytest.mark.parametrize("setting", [{"retention.ms": "1000"}, {"cleanup.policy": "compact"}])
async def test_a_topic_that_forgets_is_refused(
    settings: Settings, admin: AIOKafkaAdminClient, setting: dict[str, str]
) -> None:
    name = topic(settings, "contacts", 1)
    await admin.create_topics(
        [NewTopic(name, PARTITIONS, 1, topic_configs={"retention.ms": "-1", **setting})]
    )
    with pytest.raises(UnfitTopic, match="would lose events"):
        await ensure_topic(settings, name)
