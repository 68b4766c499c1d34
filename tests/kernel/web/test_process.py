"""A service as a process: it lets nobody down when it ends, and outlives a lost database."""

import asyncio
import signal
from collections import Counter
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from kernel.vault.keys import make_keys
from tests.proxy import wired
from tests.waiting import until

REGISTRATION = {"kind": "person", "name": {"given": "Anna", "family": "Gruber"}}


class Contacts:
    """The service of contacts as one of its callers sees it."""

    def __init__(self, settings, token):
        self.url = f"http://127.0.0.1:{settings.port['contacts']}"
        self.org = uuid4()
        self.headers = {"authorization": f"Bearer {token(str(self.org), 'agent')}"}
        self.http = httpx.AsyncClient(base_url=self.url, timeout=20)

    async def register(self, key):
        return await self.http.post(
            "/contacts", json=REGISTRATION, headers=self.headers | {"idempotency-key": key}
        )

    async def until_ready(self, status=200):
        await until(lambda: self._is(status))

    async def _is(self, status):
        try:
            return (await self.http.get("/readyz")).status_code == status
        except httpx.TransportError:
            return False


@pytest.fixture
def settings(database):
    make_keys(Path(database.keys))
    return database


async def stored(settings, org):
    connection = await asyncpg.connect(
        settings.dsn["contacts_log"], server_settings={"search_path": "contacts"}
    )
    rows = await connection.fetch("SELECT stream_id FROM event WHERE org_id = $1", org)
    await connection.close()
    return Counter(str(row["stream_id"]) for row in rows)


async def load(contacts, answers, clients=16):
    """Registers as fast as it can until the service is gone; keeps every answer by its key."""

    async def client(number):
        for count in range(10_000):
            key = f"{number}-{count}"
            try:
                answers[key] = await contacts.register(key)
            except httpx.TransportError:
                return
            if not answers[key].is_success:
                return

    await asyncio.gather(*(client(number) for number in range(clients)))


async def at_least(number, answers):
    async def there():
        return len(answers) >= number

    await until(there)


async def test_what_was_answered_before_the_end_is_durable(settings, processes, token):
    process = processes.start("serve", "contacts", settings=settings)
    contacts = Contacts(settings, token)
    await contacts.until_ready()
    answers = {}
    loading = asyncio.create_task(load(contacts, answers))
    await at_least(200, answers)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 10) == 0
    await loading
    answered = {answer.json()["id"] for answer in answers.values() if answer.status_code == 201}
    there = await stored(settings, contacts.org)
    assert answered <= set(there)
    assert set(there.values()) == {1}


async def test_a_lost_database_is_503_until_it_is_back(settings, processes, token):
    async with wired(settings) as (through, wire):
        processes.start("serve", "contacts", settings=through)
        contacts = Contacts(settings, token)
        await contacts.until_ready()
        assert (await contacts.register("before")).status_code == 201

        wire.cut()
        refused = await contacts.register("during")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:rapport:problem:unavailable")
        assert refused.headers["retry-after"]
        await contacts.until_ready(503)
        failing = (await contacts.http.get("/readyz")).json()["failing"]
        assert list(failing) == ["database"]
        assert (await contacts.http.get("/healthz")).status_code == 200

        wire.mend()
        await contacts.until_ready()
        assert (await contacts.register("during")).status_code == 201
        assert len(await stored(settings, contacts.org)) == 2


async def test_a_database_lost_in_the_middle_leaves_nothing_half_done(settings, processes, token):
    async with wired(settings) as (through, wire):
        processes.start("serve", "contacts", settings=through)
        contacts = Contacts(settings, token)
        await contacts.until_ready()
        answers = {}
        loading = asyncio.create_task(load(contacts, answers))
        await at_least(100, answers)
        wire.cut()
        await loading
        assert {answer.status_code for answer in answers.values()} == {201, 503}

        wire.mend()
        await contacts.until_ready()
        again = {key: await contacts.register(key) for key in answers}
        assert {answer.status_code for answer in again.values()} == {201}
        for key, answer in answers.items():
            assert answer.status_code == 503 or answer.content == again[key].content
        there = await stored(settings, contacts.org)
        assert there == Counter(answer.json()["id"] for answer in again.values())
