"""A publisher sends runs in order, and after an error it can be thrown away without a trace."""

import asyncio
import secrets
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from kernel.log.envelope import Envelope, schema_name, sequence
from kernel.log.relay import publisher
from kernel.log.relay.publisher import Publisher, Run
from kernel.log.topics import ensure_topic, topic
from kernel.settings import Settings
from tests.kernel.log.broker import Broker
from tests.waiting import until


async def test_a_publisher_given_up_ends_soon_and_leaves_no_task(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "SECONDS_TO_ACKNOWLEDGE", 1.0)
    settings = Settings(kafka=broker.bootstrap, topics=f"crm-{secrets.token_hex(4)}")
    name = topic(settings, "contacts", 1)
    await ensure_topic(settings, name)
    before = asyncio.all_tasks()
    sending = Publisher(settings, name)
    await sending.open()
    assert [
        (mark.position, mark.topic_offset) for mark in await (await sending.send([_run(1, 3)])).landed()
    ] == [(3, 2)]
    broker.kill()
    flight = await sending.send([_run(4, 5)])
    with pytest.raises(publisher.NOT_PUBLISHED):
        await flight.landed()
    async with asyncio.timeout(5):
        await sending.close()

    async def nothing_is_left() -> bool:
        return asyncio.all_tasks() == before

    await until(nothing_is_left)


def _run(first: int, last: int) -> Run:
    return Run(0, 1, [_envelope(position) for position in range(first, last + 1)])


def _envelope(position: int) -> Envelope:
    now = datetime.now(UTC)
    return Envelope(
        event_id=uuid4(),
        source="/orgs/o/contacts",
        type="crm.contacts.ContactRegistered",
        stream_id=uuid4(),
        occurred_at=now,
        dataschema=schema_name("contacts", "ContactRegistered", 1),
        datacontenttype="application/json",
        position_text=sequence(position),
        version=1,
        partition_key_text=str(uuid4()),
        org_id=uuid4(),
        actor="tester",
        correlation_text=str(uuid4()),
        origin="live",
        recorded_at=now,
        data=msgspec.Raw(b"{}"),
    )
