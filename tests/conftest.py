"""What tests stand on: a real PostgreSQL and Kafka, a fresh database each, processes of ours, tokens."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from kernel.migrate import migrate
from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.local import issuer, ports, throwaway
from ops.local.home import keys, variables
from ops.local.postgres import roles
from ops.local.postgres.server import SETTINGS

TEMPLATE = "rapport_template"
KEPT = ("RAPPORT_TEST_CONTAINERS", "RAPPORT_ENV", "RAPPORT_JAVA", "RAPPORT_SEED")
CONTAINERS = os.environ.get("RAPPORT_TEST_CONTAINERS") == "1"

# Tests kill processes, never the machine, so nothing is lost by not waiting for the disk.
QUICK = {**SETTINGS, "fsync": "off", "shared_buffers": "128MB"}


def run(work: Coroutine[Any, Any, object]) -> None:
    """Runs to the end in a thread of its own, so that it never meets a test's event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def pytest_configure() -> None:
    """Whatever stack the environment names, tests have their own."""
    for name in [name for name in os.environ if name.startswith("RAPPORT_") and name not in KEPT]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two tests by one id end the run: of those, several processes would leave all but one out in silence."""
    if twice := [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]:
        raise pytest.UsageError(f"more than one test is called {', '.join(twice)}")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The session's own folder, gone at its end."""
    folder = tmp_path_factory.mktemp("home")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[str]:
    """A real PostgreSQL; the administrator's DSN."""
    if CONTAINERS:
        from tests import containers

        running = containers.running_postgres(QUICK)
    else:
        running = throwaway.running_postgres(home / "postgres", QUICK)
    with running as dsn:
        yield dsn


@pytest.fixture(scope="session")
def kafka(home: Path) -> Iterator[str]:
    """A real Apache Kafka; its bootstrap address."""
    if CONTAINERS:
        from tests import containers

        running = containers.running_kafka()
    else:
        running = throwaway.running_kafka(home / "kafka")
    with running as bootstrap:
        yield bootstrap


def settings_of(administrator: str, database: str, passwords: dict[str, str], home: Path) -> Settings:
    """Local settings for every role in `database`, on free ports."""
    place = urlsplit(administrator)
    at = f"{place.hostname}:{place.port}/{database}"
    return Settings(
        mode="local",
        dsn={role: f"postgresql://{role}:{password}@{at}" for role, password in passwords.items()},
        jwks=str(home / "jwks.json"),
        keys=home / "keys",
        port=ports.automatic(),
    )


@pytest.fixture(scope="session")
def template(postgres: str, home: Path) -> Settings:
    """A migrated database that is only copied."""
    passwords = {role: secrets.token_hex(16) for role in roles.names()}
    keys.make(home / "keys", home / "jwks.json")
    settings = settings_of(postgres, TEMPLATE, passwords, home)

    async def create() -> None:
        administrator = await asyncpg.connect(postgres)
        await roles.create_roles(administrator, passwords)
        await roles.create_database(administrator, TEMPLATE)
        await administrator.close()
        inside = await asyncpg.connect(postgres, database=TEMPLATE)
        await roles.create_schemas(inside)
        await inside.close()

    run(create())
    run(migrate(settings))
    return settings


@contextmanager
def fresh_database(administrator: str, template: Settings) -> Iterator[Settings]:
    """Settings of a copy of the template, dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(administrator)
        await connection.execute(statement)
        await connection.close()

    run(execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    dsn = {role: f"{address.rsplit('/', 1)[0]}/{name}" for role, address in template.dsn.items()}
    yield template.model_copy(update={"dsn": dsn, "port": ports.automatic()})
    run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database(postgres: str, template: Settings) -> Iterator[Settings]:
    """Settings of a fresh migrated database; no Kafka."""
    with fresh_database(postgres, template) as settings:
        yield settings


@pytest.fixture
def settings(database: Settings, kafka: str) -> Settings:
    """Settings of a fresh database and a running Kafka, with topics of its own."""
    return database.model_copy(update={"kafka": kafka, "topics": f"crm-{secrets.token_hex(4)}"})


@pytest.fixture
def token(template: Settings) -> Callable[..., str]:
    """`token(org, role, contact)`: a token that the test's services accept; `contact` is a customer's own."""
    return lambda org, role, contact=None: issuer.token(template, org, role, contact=contact)


@dataclass
class Processes:
    """Real processes of ours, each with a test's settings; all ended at the test's end."""

    logs: Path
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(
        self, command: str, *arguments: str, settings: Settings, checkout: Path = CHECKOUT
    ) -> "subprocess.Popen[bytes]":
        """Starts `rapport <command> <arguments>`; its output goes to `<logs>/<n>-<command>.log`."""
        with (self.logs / f"{len(self.started)}-{command}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ops", command, *arguments],
                cwd=checkout,
                # A home without a file of settings, so that no other stack's are read.
                env={**os.environ, **variables.of(settings), "RAPPORT_HOME": str(self.logs)},
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill()
        for process in self.started:
            process.wait()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """`processes.start("relay", "contacts", settings=settings)`."""
    running = Processes(tmp_path)
    yield running
    running.end()
