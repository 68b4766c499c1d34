"""The vault: one key for each person of an organisation, kept wrapped, and unwrapped here for a minute."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from kernel.database import connect_pool, database_away
from kernel.settings import Settings
from kernel.vault import digests
from kernel.vault.keys import EPOCH, digest_key, wrapping_keys
from kernel.vault.sealing import Key
from kernel.vault.wrapping import Person, new_wrapped, unwrapped

SECONDS_CACHED = 60.0
"""The longest that a destroyed key is still used."""
KEYS_CACHED = 2_000
"""About 2.5 kB each."""
KEYS_AT_ONCE = 1_000

FIND = """
SELECT k.org_id, k.person_id, k.key_id, k.epoch, k.wrapped
FROM unnest($1::uuid[], $2::uuid[]) AS wanted (org_id, person_id)
JOIN person_key k USING (org_id, person_id)"""

CREATE = f"""
WITH made AS (
    INSERT INTO person_key (org_id, person_id, key_id, epoch, wrapped)
    SELECT org_id, person_id, key_id, $3, wrapped
    FROM unnest($1::uuid[], $2::uuid[], $4::uuid[], $5::bytea[]) wanted (org_id, person_id, key_id, wrapped)
    ORDER BY org_id, person_id
    ON CONFLICT DO NOTHING
    RETURNING org_id, person_id, key_id, epoch, wrapped
)
SELECT * FROM made UNION ALL {FIND}"""


class Vault:
    """Persons' keys, made durable before they are handed out; what waits together goes into one query."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        wrapping: dict[int, bytes],
        digest_secret: bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._wrapping = wrapping
        self._digest_secret = digest_secret
        self._clock = clock
        self._cache: OrderedDict[Person, tuple[Key | None, float]] = OrderedDict()
        self._waiting: dict[tuple[Person, bool], asyncio.Future[Key | None]] = {}
        self._serving: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: Settings) -> Vault:
        """Raises DatabaseAway, and KeysMissing without the files of settings.keys."""
        wrapping, digest_secret = wrapping_keys(settings.keys), digest_key(settings.keys)
        return cls(await connect_pool(settings, "vault_app", max_size=2), wrapping, digest_secret)

    async def close(self) -> None:
        if self._serving is not None:
            await asyncio.wait([self._serving])
        await self._pool.close()

    def digest(self, org_id: UUID, kind: str, value: str | bytes) -> bytes:
        """The keyed digest of a normalised value."""
        return digests.digest(self._digest_secret, org_id, kind, value)

    def organisation_key(self, org_id: UUID) -> Key:
        """The key of what is sealed and no person's."""
        return digests.organisation_key(self._wrapping[EPOCH], EPOCH, org_id)

    async def keys(self, org_id: UUID, persons: Iterable[UUID], *, create: bool = False) -> dict[UUID, Key]:
        """The persons' keys. Whose key was destroyed has none; who never had one gets it only by `create`."""
        found: dict[UUID, Key | None] = {}
        missing: dict[UUID, asyncio.Future[Key | None]] = {}
        for person in set(persons):
            cached = self._cache.get((org_id, person))
            if cached is not None and cached[1] > self._clock():
                found[person] = cached[0]
            else:
                missing[person] = self._wait_for((org_id, person), create)
        if missing:
            # Unlike gather it cancels no future that others wait for too.
            await asyncio.wait(missing.values())
            found |= {person: future.result() for person, future in missing.items()}
        return {person: key for person, key in found.items() if key is not None}

    def _wait_for(self, person: Person, create: bool) -> asyncio.Future[Key | None]:
        if (person, create) not in self._waiting:
            self._waiting[person, create] = asyncio.get_running_loop().create_future()
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return self._waiting[person, create]

    async def _serve(self) -> None:
        try:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:KEYS_AT_ONCE])
                for wanted in batch:
                    del self._waiting[wanted]
                await self._answer(batch)
        finally:
            self._serving = None

    async def _answer(self, batch: dict[tuple[Person, bool], asyncio.Future[Key | None]]) -> None:
        try:
            found = await self._find([person for person, create in batch if not create])
            found |= await self._create([person for person, create in batch if create])
        except Exception as error:  # whatever went wrong is told to everyone who waits
            for future in batch.values():
                future.set_exception(error)
                future.exception()  # a waiter that was cancelled will not ask
            return
        for (person, _), future in batch.items():
            future.set_result(found.get(person))

    async def _find(self, persons: list[Person]) -> dict[Person, Key | None]:
        return await self._fetch(FIND, *_columns(persons)) if persons else {}

    async def _create(self, persons: list[Person]) -> dict[Person, Key | None]:
        found: dict[Person, Key | None] = {}
        while missing := [person for person in persons if person not in found]:
            key_ids = [uuid4() for _ in missing]
            wrapped = [new_wrapped(self._wrapping, *made) for made in zip(missing, key_ids, strict=True)]
            # One that another process made meanwhile is seen by neither half of the query: ask again.
            found |= await self._fetch(CREATE, *_columns(missing), EPOCH, key_ids, wrapped)
        return found

    async def _fetch(self, query: str, *arguments: Any) -> dict[Person, Key | None]:
        until = self._clock() + SECONDS_CACHED
        with database_away():
            rows = await self._pool.fetch(query, *arguments)
        found = {
            (org_id, person_id): self._key((org_id, person_id), *rest) for org_id, person_id, *rest in rows
        }
        for person, key in found.items():
            self._cache[person] = key, until
            self._cache.move_to_end(person)
        while len(self._cache) > KEYS_CACHED:
            self._cache.popitem(last=False)
        return found

    def _key(self, person: Person, key_id: UUID, epoch: int, wrapped: bytes | None) -> Key | None:
        return None if wrapped is None else unwrapped(self._wrapping, person, key_id, epoch, wrapped)


def _columns(persons: list[Person]) -> tuple[list[UUID], list[UUID]]:
    return [org_id for org_id, _ in persons], [person_id for _, person_id in persons]
