"""One replay: from the topic through what is wanted, opened where that may be, to the output."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from kernel.log.topics import topic
from kernel.settings import SERVICES, Settings
from ops.errors import CannotRun
from ops.output import say
from ops.replaying.opening import caller_of, opener
from ops.replaying.output import output, require_reader
from ops.replaying.present import Present, present
from ops.replaying.topic import Record, opened
from ops.replaying.types import require_known
from ops.replaying.wanted import Once, Wanted

MANY = 500
"""With fewer records at once somebody may watch them come."""

Lines = Callable[[Sequence[Record]], Awaitable[Sequence[bytes]]]


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


def service_of(settings: Settings, name: str) -> str:
    """Whose events they are, of a topic by its own name or of a service; raises CannotRun."""
    for service in SERVICES:
        if name == service or name.startswith(f"{settings.topics}.{service}.g"):
            return service
    raise CannotRun(
        f"{name} is neither a service ({', '.join(SERVICES)}) nor a topic of the log, such as "
        f"{topic(settings, SERVICES[0], 1)}."
    )


async def replay(settings: Settings, asked: Asked, told: Callable[[int], object]) -> Replayed:
    """Writes the wanted events; `told` hears how many there are by now. Raises CannotRun, KafkaError.

    What follows for good is ended well by SIGINT and SIGTERM.
    """
    service = service_of(settings, asked.source)
    require_known(asked.wanted.types, service)
    wanted, lines = asked.wanted, _as_they_are
    async with present(settings, service, asked.source) as now, AsyncExitStack() as stack:
        replayed = Replayed(now.name)
        if wanted.org is not None and not asked.follow:
            await now.require_organisation(wanted.org)
        if asked.token is not None:
            caller = await caller_of(settings, asked.token)
            wanted = replace(wanted, org=_only(caller.org_id, wanted.org))
            opens = opener(settings, caller, service, now.name, asked.words)
            lines = (await stack.enter_async_context(opens)).lines
        once = Once(wanted)
        batches = await stack.enter_async_context(aclosing(_batches(now, once, asked.follow)))
        first = await anext(batches)  # what cannot be read leaves no file behind
        stream = stack.enter_context(output(asked.file))
        work = asyncio.create_task(_write(first, batches, once, asked, lines, stream, replayed, told))
        if asked.follow:
            for name in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(name, work.cancel)
        with suppress(asyncio.CancelledError):
            await work
        stream.flush()
    replayed.topic, replayed.repeats, replayed.no_events = now.name, once.repeats, once.no_events
    return replayed


def _only(own: UUID, asked: UUID | None) -> UUID:
    if asked not in (None, own):
        raise CannotRun(f"the token is of organisation {own}, and opens no other's events.")
    return own


async def _as_they_are(records: Sequence[Record]) -> Sequence[bytes]:
    return [record.value for record in records]


async def _write(
    first: Sequence[Record],
    batches: AsyncIterator[Sequence[Record]],
    once: Once,
    asked: Asked,
    lines: Lines,
    stream: BinaryIO,
    replayed: Replayed,
    told: Callable[[int], object],
) -> None:
    batch: Sequence[Record] | None = first
    while batch is not None:
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
        batch = None if replayed.events == asked.limit else await anext(batches, None)


async def _batches(now: Present, once: Once, follow: bool) -> AsyncGenerator[Sequence[Record], None]:
    """In the order of recording to the end; then, if asked, as they come, on whichever topic carries them."""
    while True:
        async with opened(now.settings, now.name, once) as found:
            if not follow:
                found.require_positions()
            async for batch in found.merged():
                yield batch
            if not follow:
                return
            async for batch in found.following():
                yield batch
                if await now.moved(found, once):
                    say(f"{found.name} goes on as {now.name}")
                    break
