"""Readers of customers' pages that were just written: what one was told or shown never goes back."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx
import orjson

from bench.faults.loading.asking import SECONDS_BEFORE_A_REPEAT, ask
from kernel.web.positions import open_positions
from services.projections.customers.person import PERSON

READERS = 2
SECONDS_BETWEEN = 0.06
"""Of one reader between an answer and the next question."""
LATELY = 8
"""Contacts that were written last: of these the pages are asked for."""

SHOWN = frozenset(event.__name__ for event in PERSON.reads)
"""The events that a page's version of a contact counts."""

Places = dict[tuple[str, int], int]
"""Service and partition → position."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a writer was told of a contact: its page shows this version at this position."""

    contact: UUID
    version: int
    position: str


@dataclass
class Pages:
    """What readers ask for, and what they were shown."""

    url: str
    """Of the views."""
    org: UUID
    key: bytes
    """That of positions."""
    lately: deque[Told] = field(default_factory=lambda: deque(maxlen=LATELY))
    shown: int = 0
    shown_at: float = 0.0
    """When the last page was, by the monotonic clock."""
    stale: list[str] = field(default_factory=list)
    """Pages older than what their reader had been told or shown."""
    strange: list[str] = field(default_factory=list)
    """Refusals that no question of these may get."""
    _stopping: bool = False

    def note(self, answer: dict[str, Any]) -> None:
        """A command on a contact was acknowledged."""
        if answer["events"] and all(event["type"].rpartition(".")[2] in SHOWN for event in answer["events"]):
            self.lately.append(Told(UUID(answer["id"]), answer["version"], answer["position"]))

    def stop(self) -> None:
        """No new questions; those under way are repeated until they are answered."""
        self._stopping = True

    async def read(self, http: httpx.AsyncClient, random: Random) -> None:
        """One reader's work: it asks for nothing older than it has been shown, and than it was told."""
        token, places, versions = "", Places(), dict[UUID, int]()
        while not self._stopping:
            await asyncio.sleep(SECONDS_BETWEEN)
            if not self.lately:
                continue
            told = random.choice(self.lately)
            answer = await self._ask(http, told, token)
            self.shown, self.shown_at = self.shown + 1, time.monotonic()
            if answer.is_success:
                token, before = answer.headers["rapport-position"], places
                places = self._places(token)
                back = {place for place, position in before.items() if places.get(place, 0) < position}
                self._expect(not back, f"a page came from before a former page, in {sorted(back)}")
                least = max(told.version, versions.get(told.contact, 0))
                version = versions[told.contact] = _version(answer.content, told.contact)
                self._expect(version >= least, f"{told.contact} is shown at version {version}, not {least}")
            elif answer.status_code == 404:
                self._expect(False, f"{told.contact} is not shown, though it is at version {told.version}")
            else:
                self.strange.append(f"{answer.status_code} {answer.content[:300]!r}")

    async def _ask(self, http: httpx.AsyncClient, told: Told, token: str) -> httpx.Response:
        url = f"{self.url}/customers/{told.contact}"
        headers = {"rapport-position": ", ".join(filter(None, (told.position, token)))}
        while True:
            if (answer := await ask(http, "GET", url, headers)) is not None:
                return answer
            await asyncio.sleep(SECONDS_BEFORE_A_REPEAT)

    def _places(self, token: str) -> Places:
        """Of a topic that was made anew the places are those of before."""
        found = Places()
        for (service, _), entries in open_positions(self.key, self.org, token).items():
            for partition, position in entries.items():
                place = service, partition
                found[place] = min(position, found.get(place, position))
        return found

    def _expect(self, right: bool, sentence: str) -> None:
        if not right:
            self.stale.append(sentence)


def _version(page: bytes, contact: UUID) -> int:
    """The version at which the page shows the contact; 0 where it does not."""
    shown = (each for each in orjson.loads(page)["contacts"] if each["contact_id"] == str(contact))
    return max((each["version"] for each in shown), default=0)
