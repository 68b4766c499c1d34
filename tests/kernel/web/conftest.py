"""The service of lockers over real HTTP: the real handler, store and vault behind the real routes."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from kernel.handling.handler import Handler
from kernel.settings import Settings
from kernel.vault.keys import make_keys, token_key
from kernel.web.application import Application
from kernel.web.assembly import assembled
from kernel.web.commanding.single import Commanding
from kernel.web.jwks import KeyRing
from kernel.web.operational import Readiness
from kernel.web.tokens import Verifier
from tests.conftest import fresh_database
from tests.lockers.aggregate import LOCKERS
from tests.serving import serving


@dataclass
class Client:
    """Asks as one role of one organisation."""

    http: httpx.AsyncClient
    token: Callable[..., str]
    org: UUID
    role: str = "agent"
    contact: str | None = None

    def as_(self, role: str, org: UUID | None = None, contact: str | None = None) -> "Client":
        return Client(self.http, self.token, org or self.org, role, contact)

    @property
    def authorization(self) -> str:
        return f"Bearer {self.token(str(self.org), self.role, self.contact)}"

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = {"content": body} if isinstance(body, bytes) else {"json": {} if body is None else body}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(path, headers={"authorization": self.authorization} | names, **content)

    async def build(self, room: int = 2) -> str:
        answer = await self.post("/lockers", {"room": room})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="package")
def lockers(postgres: str, template: Settings) -> Iterator[Settings]:
    """The database of the lockers: one for all these tests, each of which is an organisation of its own."""
    make_keys(Path(template.keys))
    with fresh_database(postgres, template) as settings:
        yield settings


@asynccontextmanager
async def lockers_application(settings: Settings) -> AsyncIterator[Application]:
    """Everything that the lockers' routes stand on."""

    async def ready() -> Readiness:
        return Readiness()

    handler = await Handler.open(settings, "contacts", LOCKERS.aggregates)
    verifier = Verifier(KeyRing(settings.jwks), settings.issuer, settings.audience)
    yield assembled(LOCKERS, ready, Commanding(handler, verifier, token_key(settings.keys)))
    await handler.close()


@pytest.fixture(scope="package")
def address(lockers: Settings) -> Iterator[str]:
    """Where the lockers answer."""
    with serving(lambda: lockers_application(lockers)) as address:
        yield address


@pytest.fixture
async def client(address: str, token: Callable[..., str]) -> AsyncIterator[Client]:
    """An agent of an organisation that nobody else has."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        yield Client(http, token, uuid4())


@pytest.fixture
async def log(lockers: Settings) -> AsyncIterator[asyncpg.Connection]:
    """The tables of the service, to look at."""
    schema = {"search_path": "contacts"}
    connection = await asyncpg.connect(lockers.dsn["contacts_log"], server_settings=schema)
    yield connection
    await connection.close()
