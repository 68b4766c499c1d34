"""Laws of every query, with the whole way running: what another organisation asks, it does not learn."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from kernel.settings import SERVICES
from kernel.vault.keys import make_keys
from kernel.web.access import Role
from services.partners.commands import COUNTERPART, ListOrganisation, ProposeAgreement, RegisterOrganisation
from services.projections.app import SERVICE
from tests.asking import required
from tests.contracts.conftest import SERVICE as DECIDING

UNKNOWN = "0192d4f0-ffff-7000-8000-000000000000"


class Way:
    """The addresses of all services, asked by one organisation."""

    def __init__(self, settings, token, http, org=None):
        self.settings, self.token, self.http = settings, token, http
        self.org = str(org or uuid4())

    def elsewhere(self, org=None):
        return Way(self.settings, self.token, self.http, org)

    async def ask(self, service, method, path, role, body=None, contact=UNKNOWN, **headers):
        authorization = {"authorization": f"Bearer {self.token(self.org, role, contact)}"}
        url = f"http://127.0.0.1:{self.settings.port[service]}{path}"
        return await self.http.request(method, url, json=body, headers=authorization | headers)

    async def until_ready(self, service):
        async with asyncio.timeout(60):
            while not await self._ready(service):  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(0.1)

    async def _ready(self, service):
        try:
            return (await self.ask(service, "GET", "/readyz", "agent")).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
async def way(settings, processes, token) -> AsyncIterator[Way]:
    make_keys(Path(settings.keys))
    for service in SERVICES:
        processes.start("serve", service, settings=settings)
        processes.start("relay", service, settings=settings)
    processes.start("worker", settings=settings)
    processes.start("serve", "views", settings=settings)
    async with httpx.AsyncClient(timeout=30) as http:
        way = Way(settings, token, http)
        for service in (*SERVICES, "views"):
            await way.until_ready(service)
        yield way


async def registered(way):
    """A contact with everything that its examples say, and the position that shows it."""
    [contact] = DECIDING["contacts"].aggregates
    [beginning] = [command for command in contact.commands if command.begins]
    for example in beginning.examples:
        answer = await way.ask("contacts", "POST", "/contacts", min(beginning.roles), dict(example))
        assert answer.is_success, answer.text
    return answer.json()["id"], answer.json()["position"]


async def registered_after(way, position):
    """Another contact, and the position that shows both."""
    answer = await way.ask(
        "contacts", "POST", "/contacts", "agent", {"kind": "person", "name": {"given": "B"}}
    )
    return answer.json()["id"], f"{position}, {answer.json()['position']}"


async def agreed(way):
    """An agreement with the organisation that examples name, and the position that shows it."""
    counterpart = way.elsewhere(COUNTERPART)
    wishes = (
        (counterpart, "/organisations", RegisterOrganisation),
        (counterpart, f"/organisations/{COUNTERPART}/list-organisation", ListOrganisation),
        (way, "/agreements", ProposeAgreement),
    )
    for who, path, command in wishes:
        answer = await who.ask("partners", "POST", path, min(command.roles), dict(command.examples[0]))
        assert answer.is_success, answer.text
    return answer.json()["id"], answer.json()["position"]


async def asked(way, query, id_, position=None, role=None, contact=UNKNOWN):
    headers = {"rapport-position": position} if position else {}
    path = query.path.replace("{id}", id_).replace("{field}", "name")
    if more := required(query):
        path = f"{path}?{urlencode(more)}"
    bodies = [dict(example) for example in query.examples] if query.method == "POST" else [None]
    return [
        await way.ask("views", query.method, path, role or min(query.roles), body, contact, **headers)
        for body in bodies
    ]


@pytest.mark.parametrize(
    "query", [each for each in SERVICE.queries if each.method == "POST"], ids=lambda each: each.path
)
def test_a_question_that_is_posted_has_an_example(query):
    assert query.examples


async def until_shown(way, id_, position):
    """The worker may have begun only now: each question by itself waits two seconds."""
    async with asyncio.timeout(60):
        for query in SERVICE.queries:
            while any(each.status_code == 503 for each in await asked(way, query, id_, position)):
                pass


def of_agreements(query):
    return query.path.startswith("/agreements")


async def test_a_query_shows_its_own_organisation_what_was_wished_and_nothing_to_others(way):
    contact_id, first = await registered(way)
    agreement_id, second = await agreed(way)
    position = f"{first}, {second}"
    await until_shown(way, contact_id, position)
    stranger = way.elsewhere()
    for query in SERVICE.queries:
        own_id = agreement_id if of_agreements(query) else contact_id
        for own in await asked(way, query, own_id, position) if query.owner is None else ():
            assert own.status_code == 200, own.text
            assert own.headers["rapport-position"]
            assert own_id in own.text or query.method == "GET"
        foreign = await asked(stranger, query, own_id)
        unknown = await asked(stranger, query, UNKNOWN)
        for one, other in zip(foreign, unknown, strict=True):
            assert (one.status_code, one.content) == (other.status_code, other.content)
            assert own_id not in one.text
        for role in set(Role) - query.roles:
            for refused in await asked(way, query, own_id, role=role):
                assert refused.status_code == 403
        for refused in await asked(stranger, query, own_id, position):
            assert refused.status_code == 400


async def test_a_query_shows_a_customer_itself_and_nobody_else(way):
    first_id, first = await registered(way)
    other_id, position = await registered_after(way, first)
    for each in (first_id, other_id):
        await until_shown(way, each, position)
    for query in SERVICE.queries:
        [own], [other], [unknown] = [
            (await asked(way, query, each, position, Role.CUSTOMER, contact=first_id))[:1]
            for each in (first_id, other_id, UNKNOWN)
        ]
        if Role.CUSTOMER in query.roles:
            assert own.status_code == 200, own.text
            assert first_id in own.text
            assert (other.status_code, other.content) == (404, unknown.content)
        else:
            assert {each.status_code for each in (own, other, unknown)} == {403}
