"""The load of `bench append` on our store."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec
import uvloop

from bench.appending.loads import EVENTS_EACH, HOT_STREAMS, TEXT, Load
from bench.workers import Tally, own_memory_mb
from kernel.handling.turns import Turns
from kernel.ids import new_id
from kernel.log.store import Store
from kernel.log.store.append import Answered, Append, Appended, NewEvent, Stale, Write
from kernel.settings import Settings

ORG = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

HOT = [uuid5(ORG, f"hot {n}") for n in range(HOT_STREAMS)]

BODY = msgspec.json.encode({"subject": TEXT})


def store_appends(settings: Settings, load: Load) -> Tally:
    """One process: `load.clients` tasks share a store."""
    return uvloop.run(_run(settings, load))


async def _run(settings: Settings, load: Load) -> Tally:
    store = await Store.open(settings, "contacts")
    hot = HotStreams(store)
    tally = Tally()
    start = time.perf_counter()
    stop = start + load.seconds
    async with asyncio.TaskGroup() as clients:
        for number in range(load.clients):
            clients.create_task(_client(store, hot, load, number, stop, tally))
    tally.elapsed = time.perf_counter() - start
    tally.memory_mb = own_memory_mb()
    await store.close()
    return tally


class HotStreams:
    """Streams that all clients write; as in the command handler, they take turns and remember versions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns = Turns()
        self._versions: dict[UUID, int] = {}

    async def note(self, stream: UUID) -> None:
        async with self._turns.of(stream):
            while True:
                version = self._versions.get(stream, 0)
                if isinstance(await self._store.append(_command(stream, version, 1)), Appended):
                    self._versions[stream] = version + 1
                    return
                self._versions[stream] = await _version(self._store, stream)


async def _version(store: Store, stream: UUID) -> int:
    return (await store.load(ORG, [stream], after={stream: 1 << 30})).streams[stream].version


async def _client(store: Store, hot: HotStreams, load: Load, number: int, stop: float, tally: Tally) -> None:
    next_step = load.steps(number)
    own, version = new_id(), 0
    while (sent := time.perf_counter()) < stop:
        step = next_step()
        if step == "hot":
            await hot.note(HOT[number % HOT_STREAMS])
        else:
            if step == "conflict" and version:
                assert isinstance(await store.append(_command(own, version - 1, 1)), Stale)
                version = await _version(store, own)
            command = _command(own, version, 2 if step == "two" else 1)
            assert isinstance(await store.append(command), Appended)
            version += 2 if step == "two" else 1
            if step == "repeat":
                assert isinstance(await store.append(command), Answered)
            if version >= EVENTS_EACH:
                own, version = new_id(), 0
        tally.took.append(time.perf_counter() - sent)


def _command(stream: UUID, version: int, events: int) -> Append:
    now = datetime.now(UTC)
    return Append(
        org_id=ORG,
        caller="agent",
        key=str(new_id()),
        digest=b"0123456789abcdef",
        correlation_id=stream,
        writes=(
            Write(
                *(stream, "contact", stream, version),
                tuple(NewEvent(new_id(), "Noted", 1, BODY, None, now) for _ in range(events)),
            ),
        ),
    )
