"""Carries out what stands in the outbox, in the order of each stream, by the one process that leads."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from kernel import tracing
from kernel.commands import Command
from kernel.database import DatabaseAway, database_away
from kernel.failpoints import failpoint
from kernel.handling.call import Answer, Call
from kernel.log.lease import LeaseLost, kept, take
from kernel.reaction import outbox
from kernel.reaction.outbox import Posted
from kernel.taking.arrivals import Failure, failure_of
from kernel.web.problems import CATALOGUE, Problem

LOG = logging.getLogger(__name__)

LEASE = "outbox"
COMMANDS_AT_ONCE = 500
STREAMS_AT_ONCE = 64
SECONDS_BETWEEN_LOOKS = 1.0
"""At the latest; a command of this process wakes the sender at once."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

LATER = frozenset({"conflict", "unavailable", "log-ahead"})
"""Problems that go away by themselves."""

Settled = Literal["answered", "later", "parked"]


class Handles(Protocol):
    """What carries out a command: the service's own Handler."""

    async def handle(self, call: Call) -> Answer: ...


class Sender:
    """Repeats a command until it is answered; the command's id is its key, so that it happens once."""

    def __init__(self, pool: asyncpg.Pool, handler: Handles, commands: Iterable[type[Command]]) -> None:
        self.wake = asyncio.Event()
        self.stopping = asyncio.Event()
        self.trouble: str | None = None
        self._pool, self._handler = pool, handler
        self._commands = {command.__name__: TypeAdapter[Any](command) for command in commands}
        self._holder = f"{socket.gethostname()} process {os.getpid()}"
        self._pause = FIRST_PAUSE

    async def work(self) -> None:
        """Leads whenever it can, until told to stop."""
        while not self.stopping.is_set():
            try:
                if lease := await take(self._pool, LEASE, self._holder):
                    async with kept(self._pool, lease):
                        await self._lead()
            except* (LeaseLost, DatabaseAway) as lost:
                self.trouble = type(lost.exceptions[0]).__name__
                LOG.warning("the outbox waits", extra={"reason": self.trouble})
            await self._rest(SECONDS_BETWEEN_LOOKS)

    async def _lead(self) -> None:
        while not self.stopping.is_set():
            self.wake.clear()
            with database_away():
                posted = await outbox.following(self._pool, COMMANDS_AT_ONCE)
            settled = await self._carry_out_all(posted)
            self.trouble = None if settled == len(posted) else "some commands cannot be carried out now"
            if self.trouble is None:
                self._pause = FIRST_PAUSE
            else:
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
            if not posted:
                await self._rest(SECONDS_BETWEEN_LOOKS)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _carry_out_all(self, posted: Sequence[Posted]) -> int:
        """How many were answered or parked; their rows are settled then."""
        queues: dict[tuple[UUID, UUID], list[Posted]] = {}
        for one in posted:
            queues.setdefault((one.org_id, one.stream_id), []).append(one)
        slots = asyncio.Semaphore(STREAMS_AT_ONCE)
        answered: list[int] = []
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._queue(queue, slots, answered)) for queue in queues.values()]
        if answered:
            failpoint("reaction.answered")
            with database_away():
                await outbox.done(self._pool, answered)
        return len(answered) + sum(task.result() for task in running)

    async def _queue(self, queue: Sequence[Posted], slots: asyncio.Semaphore, answered: list[int]) -> int:
        """The commands of one stream, one after another; how many of them are parked or wait behind one."""
        async with slots:
            for number, posted in enumerate(queue):
                settled = await self._settle(posted)
                if settled == "later":
                    return 0
                if settled == "parked":
                    return len(queue) - number
                answered.append(posted.seq)
        return 0

    async def _settle(self, posted: Posted) -> Settled:
        try:
            with tracing.span(posted.command, posted.trace) as trace:
                await self._handler.handle(self._call(posted, trace))
        except DatabaseAway:
            return "later"
        except Problem as problem:
            if problem.code in LATER:
                return "later"
            if problem.code not in CATALOGUE:  # the service refused it, and that is an answer
                return "answered"
            return await self._park(posted, replace(failure_of(problem), reason=problem.code), problem)
        except Exception as error:
            return await self._park(posted, failure_of(error), error)
        return "answered"

    async def _park(self, posted: Posted, failure: Failure, error: Exception) -> Settled:
        LOG.error(
            "a reaction's command is parked",
            extra={"reaction": posted.reaction, "stream": posted.stream_id, "reason": failure.reason},
            exc_info=error,
        )
        with database_away():
            await outbox.park(self._pool, posted.seq, failure)
        return "parked"

    def _call(self, posted: Posted, trace: str | None) -> Call:
        return Call(
            org_id=posted.org_id,
            actor=f"reaction:{posted.reaction}",
            command=self._commands[posted.command].validate_python(posted.body),
            stream_id=posted.stream_id,
            digest=posted.command_id.bytes,
            correlation_id=posted.correlation_id,
            key=str(posted.command_id),
            causation_id=posted.causation_id,
            trace=trace,
            occurred_at=posted.occurred_at,
            origin=posted.origin,
        )
