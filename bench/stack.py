"""The servers and processes of one measurement: its own, with the settings of a durable stack."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from kernel.migrate import migrate
from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local import ports, throwaway
from ops.local.home import keys, variables
from ops.local.logs import last_lines
from ops.local.postgres import roles
from ops.local.postgres.dsn import with_database
from ops.local.supervising import processes, readiness

SECONDS_TO_START = 30.0
SECONDS_TO_STOP = 10.0

SERVERS = {"postgres": "postgres", "java": "kafka"}
"""The programs of the servers, with the names under which their CPU time is reported."""


@contextmanager
def durable_postgres() -> Iterator[tuple[str, Settings]]:
    """A PostgreSQL that waits for its disk, as in production: the administrator's DSN, migrated settings."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        home = Path(name)
        with throwaway.running_postgres(home / "postgres") as administrator:
            yield administrator, asyncio.run(prepared(administrator, home))


async def prepared(administrator: str, home: Path) -> Settings:
    """A fresh database with every role and schema, and keys in `home`: the settings that name them."""
    passwords = {role: secrets.token_hex(16) for role in roles.names()}
    outside = await asyncpg.connect(administrator)
    await roles.create_roles(outside, passwords)
    await roles.create_database(outside)
    await outside.close()
    address = with_database(administrator, roles.DATABASE)
    inside = await asyncpg.connect(address)
    await roles.create_schemas(inside)
    await inside.close()
    keys.make(home / "keys", home / "jwks.json")
    place = address.rpartition("@")[2]
    settings = Settings(
        mode="local",
        dsn={role: f"postgresql://{role}:{password}@{place}" for role, password in passwords.items()},
        jwks=str(home / "jwks.json"),
        keys=home / "keys",
        port=ports.automatic(),
    )
    await migrate(settings)
    return settings


@contextmanager
def kafka_beside(settings: Settings) -> Iterator[Settings]:
    """The same settings with a Kafka of their own."""
    with throwaway.running_kafka(settings.keys.parent / "kafka") as bootstrap:
        yield settings.model_copy(update={"kafka": bootstrap})


@dataclass
class Processes:
    """What is measured: processes of ours and of peers, each with its log and its port."""

    logs: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_ours(self, settings: Settings, *names: str) -> None:
        """Starts processes of the local stack by their names, and waits until they are ready."""
        for each in processes.ours():
            if each.name in names:
                self.start(each.name, each.command, settings)
        self.until_ready({name: settings.port[name] for name in names})

    def start(self, name: str, command: list[str], settings: Settings) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env={**os.environ, **variables.of(settings), "PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def until_ready(self, ports_of: Mapping[str, int]) -> None:
        """Waits for /readyz of each; raises CannotRun with the end of the log of one that fails."""
        limit = time.monotonic() + SECONDS_TO_START
        waiting = dict(ports_of)
        while waiting:
            answers = asyncio.run(readiness.ask(waiting))
            waiting = {name: port for name, port in waiting.items() if not answers[name].ready}
            for name in waiting:
                if time.monotonic() > limit or self._running[name].poll() is not None:
                    raise CannotRun(f"{name} did not start: {last_lines(self.logs / f'{name}.log')}")
            time.sleep(0.05)

    def memory_mb(self, name: str) -> float:
        """What the process holds now."""
        return float(psutil.Process(self._running[name].pid).memory_info().rss / 2**20)

    def ports(self, name: str) -> set[int]:
        """The local ports of its connections."""
        connections = psutil.Process(self._running[name].pid).net_connections("tcp")
        return {connection.laddr.port for connection in connections}

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time until now of each process, and of the servers."""
        names = {process.pid: name for name, process in self._running.items()}
        spent: dict[str, float] = defaultdict(float)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                name = names.get(process.pid) or SERVERS.get(process.name())
                if name is not None:
                    spent[name] += sum(process.cpu_times()[:4])
        return spent

    def spent(self, before: Mapping[str, float], commands: int, *names: str) -> dict[str, float]:
        """CPU microseconds that each command or event has cost these since `before`."""
        after = self.cpu_seconds()
        return {f"{name}_cpu_us": (after[name] - before.get(name, 0.0)) / commands * 1e6 for name in names}

    def stop(self, *names: str) -> None:
        """Ends these, or all; what does not end in time is killed."""
        ending = {name: self._running.pop(name) for name in names or list(self._running)}
        for process in ending.values():
            process.terminate()
        for process in ending.values():
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running_processes(settings: Settings) -> Iterator[Processes]:
    """Nothing runs at first; everything that was started is ended."""
    running = Processes(settings.keys.parent)
    try:
        yield running
    finally:
        running.stop()
