"""The server that tests of the log may break."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kernel.settings import Settings
from tests.kernel.log.broker import Broker


@pytest.fixture(scope="session")
def breakable_broker(home: Path) -> Iterator[Broker]:
    broker = Broker(home / "breakable-kafka")
    yield broker
    broker.kill()


@pytest.fixture
async def broker(breakable_broker: Broker) -> AsyncIterator[Broker]:
    """A running Kafka that only this test uses now."""
    await breakable_broker.start()
    yield breakable_broker
    breakable_broker.go_on()


@pytest.fixture
def breakable(database: Settings, broker: Broker) -> Settings:
    """Settings of a fresh database and of `broker`, with topics of its own."""
    return database.model_copy(update={"kafka": broker.bootstrap, "topics": f"crm-{secrets.token_hex(4)}"})
