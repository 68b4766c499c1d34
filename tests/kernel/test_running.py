"""A process that cannot begin says why in one line, whichever it is, and its exit code is 2."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.settings import SERVICES, Settings
from kernel.vault.keys import make_keys
from tests.conftest import Processes
from tests.connecting import connected

PROCESSES = {
    "contacts": ("serve", "contacts"),
    "views": ("serve", "views"),
    "contacts_relay": ("relay", "contacts"),
    "sales_react": ("react", "sales"),
    "worker": ("worker",),
    "matcher": ("match",),
}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where somebody else listens, to streams and datagrams."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", port))
            yield port


@pytest.mark.parametrize("name", PROCESSES)
def test_a_database_that_is_away_is_said_in_one_line(
    settings: Settings, processes: Processes, tmp_path: Path, name: str
) -> None:
    nowhere = {role: f"postgresql://{role}@127.0.0.1:1/rapport" for role in settings.dsn}
    told = ended(processes.start(*PROCESSES[name], settings=with_keys(settings, dsn=nowhere)), tmp_path)
    assert "cannot run: the database is away" in told


@pytest.mark.parametrize("name", PROCESSES)
async def test_a_schema_that_is_another_is_said_in_one_line(
    database: Settings, processes: Processes, tmp_path: Path, name: str
) -> None:
    for schema in (*SERVICES, "projections"):
        async with connected(database, f"{schema}_owner") as owner:
            await owner.execute("DELETE FROM migration WHERE number = 1")
    process = processes.start(*PROCESSES[name], settings=with_keys(database))
    told = await asyncio.to_thread(ended, process, tmp_path)
    assert "cannot run: Schema " in told
    assert "is older than this program: run `./rapport migrate`." in told


@pytest.mark.parametrize("name", PROCESSES)
def test_a_taken_port_is_said_in_one_line(
    database: Settings, processes: Processes, tmp_path: Path, taken: int, name: str
) -> None:
    settings = with_keys(database, port={**database.port, name: taken})
    told = ended(processes.start(*PROCESSES[name], settings=settings), tmp_path)
    assert "cannot run: " in told
    assert f"'127.0.0.1', {taken}" in told


@pytest.mark.parametrize("name", PROCESSES)
def test_a_port_that_nobody_named_is_said_in_one_line(
    settings: Settings, processes: Processes, tmp_path: Path, name: str
) -> None:
    without = settings.model_copy(update={"port": {"other": 1}})
    told = ended(processes.start(*PROCESSES[name], settings=without), tmp_path)
    assert f"RAPPORT_PORT__{name.upper()} is not set" in told


def with_keys(settings: Settings, **changed: object) -> Settings:
    make_keys(settings.keys)
    return settings.model_copy(update=changed)


def ended(process: subprocess.Popen[bytes], logs: Path) -> str:
    """The one line that it said."""
    assert process.wait(30) == 2
    [log] = logs.glob("0-*.log")
    [line] = log.read_text().splitlines()
    return line
