"""A later Rapport, in which one view folds otherwise, and customers who ask all the while."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from kernel.settings import Settings
from kernel.vault.keys import token_key
from kernel.web.positions import open_positions
from ops.checkout import CHECKOUT
from ops.local.home import variables
from tests.ops.rebuilding.polling import Lines, polling

PERSON = "services/projections/customers/person.py"

CHANGES = {
    "    closed boolean NOT NULL,\n": "    closed boolean NOT NULL,\n    renamed bigint NOT NULL,\n",
    "    closed: bool = False\n": "    closed: bool = False\n    renamed: int = 0\n",
    "            return named(row, personal.name if personal else Name())\n": (
        "            row = replace(row, renamed=row.renamed + 1)\n"
        "            return named(row, personal.name if personal else Name())\n"
    ),
    "    number=1,\n": "    number=2,\n    former=person_v1.PERSON,\n",
    "from services.contacts import events\n": (
        "from services.contacts import events\nfrom services.projections.customers import person_v1\n"
    ),
}
"""Of the module that folds persons: it counts how often a contact was renamed."""


def upgraded(folder: Path) -> Path:
    """A checkout of the later Rapport: the changed fold is a new module, the former one stands beside it."""
    for name in ("kernel", "lib", "services", "ops"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(folder / PERSON, (folder / PERSON).with_name("person_v1.py"))
    text = (folder / PERSON).read_text()
    for before, after in CHANGES.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / PERSON).write_text(text)
    return folder


async def command(settings: Settings, checkout: Path, *arguments: str) -> dict[str, Any]:
    """The document of a command that went well."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops", *arguments, "--json"],
        cwd=checkout,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


PAUSE = 0.1
"""Seconds from one search to the next, and from one look of the test's own."""


POSITION = re.compile(rb"\r\nrapport-position: *([^\r]+)", re.IGNORECASE)

Places = dict[tuple[str, int, int], int]
"""Service, generation, partition → position."""


@dataclass
class Asking:
    """One contact that is renamed all the while, and shown, and found; what was wrong with any answer."""

    settings: Settings
    http: httpx.AsyncClient
    token: str
    org: UUID
    port: int
    """Of the process of the views that is asked."""
    contact: str = ""
    renamed: int = 0
    polls: int = 0
    """How many looks were answered."""
    wrong: list[str] = field(default_factory=list)
    _lines: Lines = field(default_factory=Lines)
    _version: int = 0
    _places: Places = field(default_factory=Places)

    async def register(self) -> None:
        """The contact, until it is shown."""
        body = {"kind": "person", "name": {"given": "Ada", "family": "Gru"}}
        self.contact = (await self._command("/contacts", body))["id"]
        async with asyncio.timeout(60):
            while await self._ask("GET", f"/customers/{self.contact}") is None:  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(PAUSE)
        self.wrong.clear()

    async def _command(self, path: str, body: dict[str, Any]) -> Any:
        url = f"http://127.0.0.1:{self.settings.port['contacts']}{path}"
        answer = await self.http.post(url, json=body, headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def rename(self) -> None:
        """For ever."""
        while True:
            name = {"given": "Ada", "family": f"Gru{'abcdefgh'[self.renamed % 8]}"}
            await self._command(f"/contacts/{self.contact}/correct-name", {"name": name})
            self.renamed += 1
            await asyncio.sleep(0.05)

    async def poll(self) -> None:
        """For ever, a hundred times a second."""
        await polling(self._look)

    async def _look(self) -> None:
        """What is shown, and each position that comes with it, is not older than any answer before."""
        version, positions = self._version, dict(self._places)
        head, body = await self._lines.get(self.port, f"/customers/{self.contact}", self.token)
        self.polls += 1
        if not head.startswith(b"HTTP/1.1 200 "):
            self.wrong.append(f"{head!r} {body!r}")
            return
        shown = json.loads(body)["contacts"][0]["version"]
        self._expect(shown >= version, f"version {shown} after {version}")
        told = POSITION.search(head)
        assert told is not None, head
        now = self._positions(told[1].decode())
        back = {place for place, position in positions.items() if now.get(place, 0) < position}
        self._expect(not back, f"positions fell: {back}")
        self._version = max(self._version, shown)
        for place, position in now.items():
            self._places[place] = max(position, self._places.get(place, 0))

    async def find(self) -> None:
        """For ever: what was found by a term is a row of the same version that still has it."""
        while True:
            answer = await self._ask("POST", "/customers/search", {"words": "gru ada"})
            if answer is not None:
                found = [one["customer_id"] for one in answer.json()["customers"]]
                self._expect(found == [self.contact], f"found {found}")
            await asyncio.sleep(PAUSE)

    async def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response | None:
        url = f"http://127.0.0.1:{self.port}{path}"
        answer = await self.http.request(method, url, json=body, headers=self._headers)
        self._expect(answer.is_success, f"{answer.status_code} {answer.text}")
        return answer if answer.is_success else None

    def _positions(self, sealed: str) -> Places:
        opened = open_positions(token_key(self.settings.keys), self.org, sealed)
        return {(*topic, n): position for topic, entries in opened.items() for n, position in entries.items()}

    def _expect(self, right: bool, sentence: str) -> None:
        if not right:
            self.wrong.append(sentence)

    async def shown(self) -> dict[str, Any]:
        """The contact as its customer's page shows it now."""
        answer = await self._ask("GET", f"/customers/{self.contact}")
        assert answer is not None
        found: dict[str, Any] = answer.json()["contacts"][0]
        return found

    async def until(self, condition: Callable[[dict[str, Any]], bool], seconds: float = 60) -> None:
        """Until the contact is shown so."""
        async with asyncio.timeout(seconds):
            while not condition(await self.shown()):  # noqa: ASYNC110 - in another process
                await asyncio.sleep(PAUSE)

    async def ready(self, port: int) -> None:
        """Until the process there answers."""
        async with asyncio.timeout(60):
            while not await self._ready(port):  # noqa: ASYNC110 - in another process
                await asyncio.sleep(0.1)

    async def _ready(self, port: int) -> bool:
        try:
            return (await self.http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False
