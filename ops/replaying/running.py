"""One replay: from the topic through what is wanted, opened where that may be, to the output."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import asyncpg

from kernel.database import DatabaseAway, connect_pool
from kernel.log.topics import topic
from kernel.settings import SERVICES, Settings
from ops.errors import CannotRun
from ops.replaying.opening import caller_of, opener
from ops.replaying.output import output, require_reader
from ops.replaying.topic import Record, Topic, opened
from ops.replaying.types import require_known
from ops.replaying.wanted import Once, Wanted
from ops.settings import away

GENERATION = "SELECT max(generation) FROM mark"

MANY = 500
"""With fewer records at once somebody may watch them come."""

Lines = Callable[[Sequence[Record]], Awaitable[Sequence[bytes]]]


@dataclass(frozen=True)
class Source:
    """A topic of the log, and whose events it carries."""

    topic: str
    service: str


@dataclass(frozen=True)
class Asked:
    """What an operator wants, and where it goes."""

    source: str
    wanted: Wanted
    file: Path | None
    follow: bool
    limit: int | None
    token: str | None
    """Opens personal parts; None: they stay sealed."""
    words: str
    """The command line, for the record of openings."""


@dataclass
class Replayed:
    """What was written, and what was not because it came again or is no event."""

    topic: str
    events: int = 0
    repeats: int = 0
    no_events: int = 0


async def source_of(settings: Settings, name: str) -> Source:
    """A topic by its own name, or a service's present one; raises CannotRun."""
    for service in SERVICES:
        if name.startswith(f"{settings.topics}.{service}.g"):
            return Source(name, service)
    if name not in SERVICES:
        raise CannotRun(
            f"{name} is neither a service ({', '.join(SERVICES)}) nor a topic of the log, such as "
            f"{topic(settings, SERVICES[0], 1)}."
        )
    try:
        pool = await connect_pool(settings, f"{name}_log", max_size=1)
        try:
            return Source(topic(settings, name, await pool.fetchval(GENERATION)), name)
        finally:
            await pool.close()
    except DatabaseAway as error:
        raise away(error) from error
    except asyncpg.UndefinedTableError as error:
        raise CannotRun("the schema is not made yet: run `./rapport migrate`.") from error


async def replay(settings: Settings, asked: Asked, told: Callable[[int], object]) -> Replayed:
    """Writes the wanted events; `told` hears how many there are by now. Raises CannotRun, KafkaError.

    What follows for good is ended well by SIGINT and SIGTERM.
    """
    source = await source_of(settings, asked.source)
    require_known(asked.wanted.types, source.service)
    wanted, lines, replayed = asked.wanted, _as_they_are, Replayed(source.topic)
    async with AsyncExitStack() as stack:
        if asked.token is not None:
            caller = await caller_of(settings, asked.token)
            wanted = replace(wanted, org=_only(caller.org_id, wanted.org))
            opens = opener(settings, caller, source.service, source.topic, asked.words)
            lines = (await stack.enter_async_context(opens)).lines
        found = await stack.enter_async_context(opened(settings, source.topic, wanted))
        stream = stack.enter_context(output(asked.file))
        once = Once(wanted)
        work = asyncio.create_task(_write(found, once, asked, lines, stream, replayed, told))
        if asked.follow:
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, work.cancel)
        with suppress(asyncio.CancelledError):
            await work
        stream.flush()
    replayed.repeats, replayed.no_events = once.repeats, once.no_events
    return replayed


def _only(own: UUID, asked: UUID | None) -> UUID:
    if asked not in (None, own):
        raise CannotRun(f"the token is of organisation {own}, and opens no other's events.")
    return own


async def _as_they_are(records: Sequence[Record]) -> Sequence[bytes]:
    return [record.value for record in records]


async def _write(
    found: Topic,
    once: Once,
    asked: Asked,
    lines: Lines,
    stream: BinaryIO,
    replayed: Replayed,
    told: Callable[[int], object],
) -> None:
    async for batch in _batches(found, asked.follow):
        taken = [record for record in batch if once.takes(record.partition, record.event)]
        if asked.limit is not None:
            taken = taken[: asked.limit - replayed.events]
        for line in await lines(taken) if taken else ():
            stream.write(line + b"\n")
        if len(batch) < MANY:
            stream.flush()
            require_reader(stream)
        replayed.events += len(taken)
        told(replayed.events)
        if replayed.events == asked.limit:
            return


async def _batches(found: Topic, follow: bool) -> AsyncIterator[list[Record]]:
    async for batch in found.merged():
        yield batch
    if follow:
        async for batch in found.following():
            yield batch
