"""What reads a topic for an operator waits little for a Kafka that takes connections and says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiokafka.errors import KafkaError

import kernel.view.building.topics
import ops.replaying.topic
import ops.verify.topic.reading
from kernel.settings import Settings
from ops.replaying.wanted import Once, Wanted

SECONDS = 0.3


@pytest.fixture
async def silent(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    for reader in (kernel.view.building.topics, ops.replaying.topic, ops.verify.topic.reading):
        monkeypatch.setattr(reader, "SECONDS_TO_ANSWER", SECONDS)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield Settings(kafka=f"{host}:{port}")
    server.close()


async def is_refused(opening: AbstractAsyncContextManager[Any]) -> None:
    async with asyncio.timeout(30 * SECONDS):
        with pytest.raises(KafkaError):
            await opening.__aenter__()


async def test_rebuild_waits_little(silent: Settings) -> None:
    await is_refused(kernel.view.building.topics.opened(silent, {"crm.contacts.g1": ("contacts", 1)}))


async def test_replay_waits_little(silent: Settings) -> None:
    await is_refused(ops.replaying.topic.opened(silent, "crm.contacts.g1", Once(Wanted())))


async def test_verify_waits_little(silent: Settings) -> None:
    await is_refused(ops.verify.topic.reading.opened(silent, "crm.contacts.g1"))
