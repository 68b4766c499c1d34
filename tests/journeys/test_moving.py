"""A whole town moves: its log goes into an archive, and from there into an empty town that is running."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from kernel.settings import SERVICES, Settings
from ops.checkout import CHECKOUT
from ops.local.home import variables
from tests.conftest import Processes, fresh_database
from tests.journeys.test_one_customer import registered, sold
from tests.journeys.town import Town


@pytest.fixture
def elsewhere(postgres: str, template: Settings, kafka: str) -> Iterator[Settings]:
    """Settings of another database, with topics of its own."""
    with fresh_database(postgres, template) as settings:
        yield settings.model_copy(update={"kafka": kafka, "topics": f"crm-{secrets.token_hex(4)}"})


@pytest.fixture
async def towns(
    settings: Settings, elsewhere: Settings, processes: Processes, token: Callable[[str, str], str]
) -> AsyncIterator[tuple[Town, Town]]:
    """The old one, and an empty one of the same people."""
    async with httpx.AsyncClient(timeout=30) as http:
        old, new = Town(settings, token, http), Town(elsewhere, token, http)
        new.token, new.positions = old.token, old.positions
        await old.begin(processes)
        await new.begin(processes)
        yield old, new


def rapport(settings: Settings, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "ops", *arguments, "--json"],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def stored(settings: Settings, service: str) -> list[str]:
    """Every event as PostgreSQL writes it."""
    log = await asyncpg.connect(settings.dsn[f"{service}_log"], server_settings={"search_path": service})
    rows = await log.fetch("SELECT e::text AS text FROM event e ORDER BY partition, position")
    await log.close()
    return [row["text"] for row in rows]


async def reacted(town: Town) -> None:
    """Waits until the reactions have taken all there is."""
    url = f"http://127.0.0.1:{town.settings.port['sales_react']}/readyz"
    async with asyncio.timeout(60):
        while True:
            found = (await town.http.get(url)).json()
            if found["lag"] and not any(found["lag"].values()):
                return
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
async def test_a_town_moves_with_all_it_knows_and_goes_on(towns: tuple[Town, Town], tmp_path: Path) -> None:
    old, new = towns
    card = {"kind": "loyalty-card", "value": "2900 4242"}
    await sold(old, "4.00", identifier=card)
    anna = await registered(old, "Anna", ("email", "anna@example.org"))
    anni = await registered(old, "Anni", ("loyalty-card", "29004242"))
    await sold(old, "10.00", contact_id=anna)
    await sold(old, "2.50", identifier=card)
    await old.command(
        "contacts", f"/contacts/{anna}/correct-name", {"name": {"given": "Anna", "family": "Grün"}}
    )
    await old.until(f"/customers/{anni}", lambda page: page["purchases"] and "6.50" in str(page["purchases"]))
    addresses = [
        f"/customers/{one}{part}" for one in (anna, anni) for part in ("", "/timeline", "/history/name")
    ]
    before = [await old.question(address) for address in addresses]

    archive = str(tmp_path / "archive")
    assert rapport(old.settings, "log", "export", archive, "--with-keys")["events"].keys() == set(SERVICES)
    rapport(new.settings, "log", "import", archive)
    assert [await new.question(address) for address in addresses] == before
    assert rapport(new.settings, "verify")["ok"] is True
    await reacted(new)
    for service in SERVICES:
        assert await stored(new.settings, service) == await stored(old.settings, service)

    body = {"kind": "person", "name": {"given": "Eva", "family": "Gruber"}}
    taken = {**body, "identifiers": [{"kind": "email", "value": "anna@example.org"}]}
    assert (await new._request("contacts", "POST", "/contacts", taken)).status_code == 409
    name = {"name": {"given": "Anna", "family": "Gruber"}}
    corrected = [
        (await town._request("contacts", "POST", f"/contacts/{anna}/correct-name", name)).json()
        for town in towns
    ]
    assert corrected[0]["version"] == corrected[1]["version"] == 4
    assert corrected[0]["position"] == corrected[1]["position"]
    new.positions.append(corrected[1]["position"])
    assert "Gruber" in str(await new.question(f"/customers/{anna}/history/name"))
