"""Writers and readers that go on through everything, and the journal of what the writers were told.

A command that was not answered, or answered with a fault of the server, is repeated with its key until it is:
then it is acknowledged or refused, once and for all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson

from bench.faults.loading.asking import SECONDS_BEFORE_A_REPEAT, ask
from bench.faults.loading.attributions import Attributions
from bench.faults.loading.readers import READERS, Pages
from bench.faults.loading.wishes import CONTACTS, Town, Wish
from bench.faults.system import System
from kernel.vault.keys import token_key
from ops.acks import Acks
from ops.local import issuer

WRITERS = 6
SECONDS_BETWEEN = 0.03
"""Of one writer between an answer and the next command: the machine has other things to do as well."""
SECONDS_TO_SETTLE = 60.0
SECONDS_SINCE_ISSUED = 2 * 3600.0
AT_ONCE = 500
"""Commands of one request in a burst."""

ORG = issuer.organisation("faults")


@dataclass
class Load:
    """What goes on while it is `loading`."""

    system: System
    seed: str
    """Also the caller's name, and the beginning of every key."""
    journal: Path
    acknowledged: int = 0
    refused: int = 0
    maybe: int = 0
    """Tries whose outcome nobody told."""
    answered_at: dict[str, float] = field(default_factory=dict)
    """When each service last answered a command, by the monotonic clock."""
    attributions: Attributions = field(default_factory=Attributions)
    strange: list[str] = field(default_factory=list)
    """Refusals that no wish of these may get."""
    pages: Pages = field(init=False)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self.pages = Pages(self.system.url("views"), ORG, token_key(self.system.settings.keys))

    @property
    def commands(self) -> int:
        """How many came to their end."""
        return self.acknowledged + self.refused

    async def more(self, commands: int, seconds: float = 60.0) -> None:
        """Waits until so many more have come to their end."""
        goal, limit = self.commands + commands, time.monotonic() + seconds
        while self.commands < goal:
            if time.monotonic() > limit:
                raise TimeoutError(f"{commands} commands were not answered within {seconds:g} s")
            await asyncio.sleep(0.02)

    async def write(self, http: httpx.AsyncClient, acks: Acks, number: int) -> None:
        """One writer's work; which wishes it has depends on the seed and its number alone."""
        random, count = Random(f"{self.seed} {number}"), 0
        town = Town(ORG, self.seed)
        while not self._stopping:
            count += 1
            await self._settle(http, acks, town.wish(random), f"{self.seed}-{number}-{count}")
            await asyncio.sleep(SECONDS_BETWEEN)

    async def begin(self, http: httpx.AsyncClient, acks: Acks) -> None:
        """The contacts come to be."""
        wishes = enumerate(Town(ORG, self.seed).registrations())
        await asyncio.gather(
            *(self._settle(http, acks, wish, f"{self.seed}-town-{number}") for number, wish in wishes)
        )

    async def burst(self, commands: int) -> None:
        """So many more as fast as can be, by a caller of whom no journal speaks."""
        town, random = Town(ORG, self.seed), Random(f"{self.seed} burst {self.commands}")
        headers = {"authorization": f"Bearer {token(self.system, self.seed + ' burst')}"}
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False, verify=False) as http:
            for _ in range(0, commands, AT_ONCE):
                items = [_item(town, random) for _ in range(AT_ONCE)]
                answer = await http.post(f"{self.system.url('contacts')}/commands", json=items)
                assert answer.status_code == 200, answer.text

    def stop(self) -> None:
        """No new commands or questions; those under way are repeated until they are settled."""
        self._stopping = True
        self.pages.stop()

    async def _settle(self, http: httpx.AsyncClient, acks: Acks, wish: Wish, key: str) -> None:
        acks.sent(wish.service, ORG, self.seed, key)
        url = f"{self.system.url(wish.service)}{wish.path}"
        while (answer := await ask(http, "POST", url, {"idempotency-key": key}, wish.body)) is None:
            self.maybe += 1
            await asyncio.sleep(SECONDS_BEFORE_A_REPEAT)
        self.answered_at[wish.service] = time.monotonic()
        if answer.is_success:
            self.acknowledged += 1
            told = orjson.loads(answer.content)
            acks.add(wish.service, ORG, self.seed, key, told)
            self.attributions.note(wish, told)
            if wish.service == "contacts":
                self.pages.note(told)
        else:
            self.refused += 1
            acks.refused(wish.service, ORG, self.seed, key)
            if answer.status_code not in (409, 422):
                self.strange.append(f"{answer.status_code} {answer.content[:300]!r}")


def token(system: System, caller: str) -> str:
    """Issued a while ago, so that a service whose clock is behind takes it too."""
    return issuer.token(system.settings, str(ORG), "agent", caller, issued=time.time() - SECONDS_SINCE_ISSUED)


def _item(town: Town, random: Random) -> dict[str, Any]:
    wish = town.interaction(town.contact(random.randrange(CONTACTS)), random)
    return {"command": "RecordInteraction", "id": wish.path.split("/")[2], "body": wish.body}


@asynccontextmanager
async def loading(load: Load) -> AsyncIterator[None]:
    """Writers and readers at work; at the end all is settled. Raises TimeoutError where something is not."""
    limits = httpx.Limits(max_connections=4 * WRITERS, max_keepalive_connections=2 * WRITERS)
    headers = {"authorization": f"Bearer {token(load.system, load.seed)}"}
    with Acks(load.journal) as acks:
        async with httpx.AsyncClient(
            headers=headers, timeout=None, limits=limits, trust_env=False, verify=False
        ) as http:
            await load.begin(http, acks)
            work = [
                *(load.write(http, acks, number) for number in range(WRITERS)),
                *(load.pages.read(http, Random(f"{load.seed} reader {n}")) for n in range(READERS)),
            ]
            tasks = [asyncio.create_task(one) for one in work]
            try:
                yield
                load.stop()
                await _settled(tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)


async def _settled(tasks: list[asyncio.Task[None]]) -> None:
    try:
        async with asyncio.timeout(SECONDS_TO_SETTLE):
            await asyncio.gather(*tasks)
    except TimeoutError as error:
        raise TimeoutError(f"something was not answered within {SECONDS_TO_SETTLE:g} s") from error
