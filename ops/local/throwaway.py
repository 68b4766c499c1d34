"""Servers that live as long as a test or a measurement, in a folder and on ports of their own."""

import asyncio
import secrets
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ops.errors import CannotRun
from ops.local import ports
from ops.local.kafka import broker, jars
from ops.local.logs import last_lines
from ops.local.postgres import dsn, server

SECONDS_TO_START = 60


@contextmanager
def running_postgres(folder: Path, settings: Mapping[str, str] = server.SETTINGS) -> Iterator[str]:
    """A server in `folder`; gives the administrator's DSN."""
    (port,) = ports.free(1)
    password = secrets.token_hex(16)
    server.initialise(folder / "data", password)
    address = dsn.own(port, password)
    command = server.command(folder / "data", port, settings)
    with _running(command, folder / "postgres.log", lambda: server.answers(address)):
        yield address


@contextmanager
def running_kafka(folder: Path) -> Iterator[str]:
    """A broker in `folder`; gives its bootstrap address."""
    port, controller = ports.free(2)
    classes = jars.ready()
    broker.prepare(folder, classes, port, controller)
    bootstrap = f"127.0.0.1:{port}"
    with _running(broker.command(folder, classes), folder / "kafka.log", lambda: broker.answers(bootstrap)):
        yield bootstrap


@contextmanager
def _running(command: list[str], log: Path, answers: Callable[[], Awaitable[bool]]) -> Iterator[None]:
    with log.open("ab") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0
        )
    keeper = _keeper(server.pid)
    try:
        with ThreadPoolExecutor(1) as pool:  # the caller's thread may have an event loop of its own
            pool.submit(asyncio.run, _until(answers, server, log)).result()
        yield
    finally:
        keeper.communicate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _keeper(pid: int) -> "subprocess.Popen[bytes]":
    """Interrupts the server when its own input ends: at the end of the test, or when the test is killed."""
    script = f"read _; kill -INT {pid} 2>/dev/null"
    return subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, process_group=0)


async def _until(
    answers: Callable[[], Awaitable[bool]], server: "subprocess.Popen[bytes]", log: Path
) -> None:
    limit = time.monotonic() + SECONDS_TO_START
    while not await answers():
        if server.poll() is not None or time.monotonic() > limit:
            raise CannotRun(f"a server did not start: {last_lines(log)}")
        await asyncio.sleep(0.05)
