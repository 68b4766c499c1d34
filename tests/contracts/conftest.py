"""Every deciding service over real HTTP, each on one database for all these tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from kernel.settings import SERVICES, Settings
from kernel.vault.keys import make_keys
from kernel.web.commanding.routes import CommandRoute, command_routes
from kernel.web.process import application
from services.partners.commands import COUNTERPART, RegisterOrganisation
from tests.conftest import fresh_database, run
from tests.horizons import tell_that_nothing_happens
from tests.serving import serving

SERVICE = {name: import_module(f"services.{name}.app").SERVICE for name in SERVICES}
ROUTES = [(name, route) for name in SERVICES for route in command_routes(SERVICE[name])]
UNKNOWN = "0192d4f0-ffff-7000-8000-000000000000"


def beginning_of(route: CommandRoute) -> CommandRoute:
    """The command that begins a stream of the route's aggregate."""
    [found] = [each for _, each in ROUTES if each.aggregate is route.aggregate and each.command.begins]
    return found


@dataclass
class Caller:
    """Asks the services as one role of one organisation."""

    http: httpx.Client
    addresses: dict[str, str]
    token: Callable[..., str]
    org: UUID
    role: str
    contact: str = UNKNOWN
    """Who it is as a customer."""

    def as_(self, role: str, contact: str = UNKNOWN) -> "Caller":
        return replace(self, role=role, contact=contact)

    def of(self, org: UUID) -> "Caller":
        """The same of this organisation."""
        return replace(self, org=org)

    def elsewhere(self) -> "Caller":
        """The same of another organisation."""
        return self.of(uuid4())

    def ask(self, service: str, path: str, body: Any, method: str = "POST", **headers: str) -> httpx.Response:
        authorization = {"authorization": f"Bearer {self.token(str(self.org), self.role, self.contact)}"}
        url = self.addresses[service] + path
        return self.http.request(method, url, json=body, headers=authorization | headers)

    def begun(self, service: str, route: CommandRoute) -> str:
        """The id of a stream of the route's aggregate, made by the first example of what begins it."""
        beginning = beginning_of(route)
        caller = self.as_(min(beginning.command.roles))
        answer = caller.ask(service, beginning.path, dict(beginning.command.examples[0]))
        assert answer.is_success, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="package")
def contracts(postgres: str, template: Settings) -> Iterator[Settings]:
    make_keys(Path(template.keys))
    with fresh_database(postgres, template) as settings:
        run(tell_that_nothing_happens(settings))
        yield settings


@pytest.fixture(scope="package")
def addresses(contracts: Settings) -> Iterator[dict[str, str]]:
    """Where each service answers."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(lambda name=name: application(contracts, name)))
            for name in (*SERVICES, "views")
        }


@pytest.fixture(scope="package")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture
def caller(http: httpx.Client, addresses: dict[str, str], token: Callable[..., str]) -> Caller:
    """An operator of an organisation that nobody else has; the one that examples name is listed."""
    caller = Caller(http, addresses, token, uuid4(), "operator")
    counterpart = caller.of(UUID(COUNTERPART))
    for path, body in (("", RegisterOrganisation.examples[0]), (f"/{COUNTERPART}/list-organisation", {})):
        assert counterpart.ask("partners", f"/organisations{path}", dict(body)).is_success
    return caller
