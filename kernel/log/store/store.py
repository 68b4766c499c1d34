"""The event store of one service: durable appends and loads, both in groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

import asyncpg
import msgspec

from kernel import metrics
from kernel.database import SECONDS_TO_CONNECT, DatabaseAway, connect_pool, database_away
from kernel.failpoints import failpoint
from kernel.log.store.answers import Key, forget_answers, read_answers
from kernel.log.store.append import (
    Answered,
    Append,
    Appended,
    Result,
    Stale,
    StoredAnswer,
    StreamRef,
    stream_key,
)
from kernel.log.store.batch import STATEMENT, Batch, apart
from kernel.log.store.bell import relay_bell
from kernel.log.store.grouping import Grouping
from kernel.log.store.load import Asked, Loaded, LoadedStream, read_streams
from kernel.settings import Settings

LANES = 2
WAITING = 2_048
WORTH_A_LANE = 8
"""Commands that wait while a batch commits; fewer are better off in the next batch."""
MOST_APPENDS = 128
SPLIT_FROM = 48
MOST_BYTES = 1 << 20
MOST_LOADS = 128
SECONDS_BETWEEN_FORGETTING = 3_600


class _Load(msgspec.Struct, frozen=True):
    refs: tuple[StreamRef, ...]
    asked: tuple[Asked, ...]
    key: Key | None


class Store:
    """What waits while one commit runs goes into the next; so does what waits to be read."""

    @classmethod
    async def open(cls, settings: Settings, service: str, unread: Sequence[str] = ()) -> Store:
        """Connects as `<service>_log`; events of the types `unread` are not loaded. Raises DatabaseAway."""
        pool = await connect_pool(settings, f"{service}_log", min_size=LANES, max_size=4 * LANES)
        return cls(pool, relay_bell(settings.port.get(f"{service}_relay")), unread)

    def __init__(
        self, pool: asyncpg.Pool, on_appended: Callable[[], None], unread: Sequence[str] = ()
    ) -> None:
        self._pool = pool
        self._unread = unread
        self._on_appended = on_appended
        self._appends: Grouping[Append, Result | None] = Grouping(
            self._append_all,
            lanes=LANES,
            waiting=WAITING,
            most=MOST_APPENDS,
            worth=WORTH_A_LANE,
            weigh=lambda append: append.size,
            capacity=MOST_BYTES,
            apart=apart,
            split_from=SPLIT_FROM,
        )
        self._loads: Grouping[_Load, Loaded] = Grouping(
            self._load_all, lanes=LANES, waiting=WAITING, most=MOST_LOADS
        )
        metrics.show(metrics.APPENDING)
        metrics.APPEND_WAITING.set_function(lambda: self._appends.waiting)
        self._forgetting = asyncio.create_task(self._forget_answers())

    async def append(self, append: Append) -> Result:
        """Writes all of it, durably, or nothing. DatabaseAway leaves open which: repeat it with its key."""
        result = await self._appends.ask(append)
        if result is not None:
            return result
        answer = await self.answer(append.org_id, append.caller, append.key or "")
        # Answers are forgotten after 30 days; one that went just now leaves the command to be decided anew.
        return Stale(()) if answer is None else Answered(answer)

    async def load(
        self,
        org_id: UUID,
        streams: Iterable[StreamRef],
        *,
        after: Mapping[StreamRef, int] | None = None,
        answer_of: tuple[str, str] | None = None,
    ) -> Loaded:
        """The streams, each after its version in `after`, and the answer of (caller, key) if asked."""
        refs, versions = tuple(streams), after or {}
        asked = tuple((*stream_key(ref, org_id), versions.get(ref, 0)) for ref in refs)
        return await self._loads.ask(_Load(refs, asked, (org_id, *answer_of) if answer_of else None))

    async def answer(self, org_id: UUID, caller: str, key: str) -> StoredAnswer | None:
        """What the key was answered, if it was."""
        return (await self.load(org_id, (), answer_of=(caller, key))).answer

    async def close(self) -> None:
        """Finishes what waits, then disconnects."""
        await self._appends.close()
        await self._loads.close()
        self._forgetting.cancel()
        await self._pool.close()

    async def _forget_answers(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_FORGETTING)
            with suppress(DatabaseAway), database_away():
                await forget_answers(self._pool)

    async def _append_all(self, appends: Sequence[Append]) -> list[Result | BaseException | None]:
        try:
            results: list[Result | BaseException | None] = list(await self._commit(appends))
        except DatabaseAway:
            raise
        except Exception:
            # One of them cannot be stored, or began an id at once with another: no harm to its neighbours.
            results = [await self._append_alone(append) for append in appends]
        if any(isinstance(result, Appended) for result in results):
            self._on_appended()
        return results

    async def _append_alone(self, append: Append) -> Result | BaseException | None:
        try:
            return (await self._commit([append]))[0]
        except Exception as error:
            return error

    async def _commit(self, appends: Sequence[Append]) -> list[Result | None]:
        batch = Batch(appends)
        started = time.perf_counter()
        with database_away():
            async with self._pool.acquire(timeout=SECONDS_TO_CONNECT) as connection:
                failpoint("append.decided")
                row = await connection.fetchrow(STATEMENT, *batch.parameters)
        failpoint("append.committed")
        metrics.APPEND_SECONDS.observe(time.perf_counter() - started)
        metrics.APPEND_BATCH_COMMANDS.observe(len(appends))
        metrics.APPEND_BATCH_EVENTS.observe(batch.events)
        results = batch.results(row)
        for result in results:
            if not isinstance(result, Appended):
                metrics.APPEND_LOST.labels(
                    "answered" if result is None else type(result).__name__.lower()
                ).inc()
        return results

    async def _load_all(self, loads: Sequence[_Load]) -> list[Loaded]:
        asked = [one for load in loads for one in load.asked]
        keys = [load.key for load in loads if load.key]
        found, answers = await asyncio.gather(self._read_streams(asked), self._read_answers(keys))
        streams, stored = iter(found), iter(answers)
        return [
            Loaded(
                {ref: stream for ref in load.refs if (stream := next(streams)) is not None},
                next(stored) if load.key else None,
            )
            for load in loads
        ]

    async def _read_streams(self, asked: Sequence[Asked]) -> list[LoadedStream | None]:
        if not asked:
            return []
        with database_away():
            async with self._pool.acquire(timeout=SECONDS_TO_CONNECT) as connection:
                return await read_streams(connection, asked, self._unread)

    async def _read_answers(self, keys: Sequence[Key]) -> list[StoredAnswer | None]:
        if not keys:
            return []
        with database_away():
            async with self._pool.acquire(timeout=SECONDS_TO_CONNECT) as connection:
                return await read_answers(connection, keys)
