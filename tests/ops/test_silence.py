"""A Kafka that takes connections and says nothing, or is not there: operators wait little and are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import kernel.log.topics
import kernel.view.building.topics
import ops.replaying.topic
import ops.verify.topic.reading
from kernel.settings import Settings
from ops.cli import main
from ops.local.home import variables

SECONDS = 0.3
READERS = (kernel.log.topics, kernel.view.building.topics, ops.replaying.topic, ops.verify.topic.reading)

COMMANDS = (
    ("verify",),
    ("rebuild", "person"),
    ("replay", "contacts"),
    ("republish", "contacts", "--drop", "1"),
)
"""What reads topics for an operator."""


@pytest.fixture
async def silent(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    for reader in READERS:
        monkeypatch.setattr(reader, "SECONDS_TO_ANSWER", SECONDS)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}"
    server.close()


async def asked(
    arguments: tuple[str, ...], settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Result:
    """What a command says, in a thread of its own as it has its own loop."""
    for name, value in {**variables.of(settings), "RAPPORT_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    async with asyncio.timeout(30 * SECONDS):
        return await asyncio.to_thread(CliRunner().invoke, main, arguments)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
async def test_whoever_reads_a_topic_of_a_silent_kafka_is_soon_told_what_to_do(
    arguments: tuple[str, ...],
    database: Settings,
    silent: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = await asked(arguments, database.model_copy(update={"kafka": silent}), tmp_path, monkeypatch)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.splitlines()[-1] == (
        f"rapport: Kafka does not answer at {silent}: `./rapport status` tells more."
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
async def test_where_no_kafka_is_it_is_told_in_the_same_words(
    arguments: tuple[str, ...], database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "127.0.0.1:1"
    said = await asked(arguments, database.model_copy(update={"kafka": nowhere}), tmp_path, monkeypatch)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.splitlines()[-1] == (
        f"rapport: Kafka does not answer at {nowhere}: `./rapport status` tells more."
    )
