"""Sends many commands by `POST /commands`, a few requests at a time, and notes every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson

from ops.acks import Acks
from ops.demo.wishes import Wish
from ops.errors import CannotRun

AT_ONCE = 3
"""Requests under way: enough that the service never waits for this program."""
ITEMS = 250
TRIES = 8
PAUSE = 0.5
"""Seconds before the second try; twice as long before each later one."""


class Loader:
    """Commands of one caller of one organisation; `journal` remembers what was acknowledged, over runs."""

    def __init__(self, org: UUID, caller: str, token: str, journal: Path) -> None:
        self._org, self._caller = org, caller
        self._journal = journal
        self._known = _keys(journal)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._client = httpx.AsyncClient(headers=headers, timeout=60)

    async def close(self) -> None:
        await self._client.aclose()

    async def load(self, service: str, url: str, wishes: Iterable[Wish], tick: Callable[[int], None]) -> int:
        """Sends what no earlier run has an answer for; how many that were. `tick` is told of all."""
        sent = 0
        chunks = _chunks(iter(wishes), ITEMS)
        with Acks(self._journal) as acks:

            async def work() -> None:
                nonlocal sent
                for chunk in chunks:
                    fresh = [wish for wish in chunk if wish["key"] not in self._known]
                    await self._send(service, url, fresh, acks)
                    sent += len(fresh)
                    tick(len(chunk))

            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(work())
        return sent

    async def _send(self, service: str, url: str, wishes: list[Wish], acks: Acks) -> None:
        """Until each is answered; what failed for now goes again with its key, and so acts once."""
        pause = PAUSE
        for _ in range(TRIES):
            if not wishes:
                return
            answers = await self._post(url, wishes)
            left = []
            for wish, answer in zip(wishes, answers, strict=True):
                if answer["status"] < 300:
                    acks.add(service, self._org, self._caller, wish["key"], answer)
                elif answer["status"] in (409, 503):
                    left.append(wish)
                else:
                    raise CannotRun(f"{wish['command']} {wish['key']} was refused: {answer}")
            wishes = left
            if wishes:
                await asyncio.sleep(pause)
                pause *= 2
        raise CannotRun(f"{service} did not take {len(wishes)} commands: `./rapport status` tells more.")

    async def _post(self, url: str, wishes: list[Wish]) -> list[dict[str, Any]]:
        try:
            answer = await self._client.post(f"{url}/commands", content=orjson.dumps(wishes))
        except httpx.TransportError:
            return [{"status": 503}] * len(wishes)
        if answer.status_code == 503:
            return [{"status": 503}] * len(wishes)
        if answer.status_code != 200:
            raise CannotRun(f"{url}/commands answered {answer.status_code}: {answer.text[:300]}")
        answers: list[dict[str, Any]] = orjson.loads(answer.content)
        return answers


def _chunks(wishes: Iterator[Wish], size: int) -> Iterator[list[Wish]]:
    while chunk := list(islice(wishes, size)):
        yield chunk


def _keys(journal: Path) -> set[str]:
    """The keys that a journal holds; a line that was cut off is none."""
    known = set()
    if journal.exists():
        with journal.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    known.add(orjson.loads(line)["key"])
    return known
