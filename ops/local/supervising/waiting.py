"""Waits until servers and services answer, and explains which one does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from kernel.settings import SERVICES
from ops.errors import CannotRun
from ops.local.home.home import Home
from ops.local.home.remembered import Stack
from ops.local.kafka import broker
from ops.local.logs import last_lines
from ops.local.postgres import server
from ops.local.postgres.dsn import with_database
from ops.local.supervising import manager, readiness
from ops.local.supervising.manager import ManagerGone

SECONDS = 90
SECONDS_FOR_GIVEN = 10

FAILURES = 3
"""A process that ended so often without having been ready will not come up."""


async def until_postgres_answers(home: Home, stack: Stack) -> None:
    """PostgreSQL, ours or the given one."""
    administrator = with_database(stack.postgres, "postgres")
    await _until(home, "postgres", stack.own_postgres, lambda: server.answers(administrator))


async def until_kafka_answers(home: Home, stack: Stack, say: Callable[[str], None]) -> None:
    """Kafka, ours or the given one; says so where it does not answer at once."""
    if not await broker.answers(stack.kafka):
        say("waiting for Kafka …")
        await _until(home, "kafka", stack.own_kafka, lambda: broker.answers(stack.kafka))


async def _until(home: Home, name: str, own: bool, answers: Callable[[], Awaitable[bool]]) -> None:
    limit = time.monotonic() + (SECONDS if own else SECONDS_FOR_GIVEN)
    while not await answers():
        if own:
            _give_up_on(home, [name], limit)
        elif time.monotonic() > limit:
            raise CannotRun(f"nobody answers at the address in RAPPORT_{name.upper()}: correct or unset it.")
        await asyncio.sleep(0.1)


async def until_ready(home: Home, ports: dict[str, int], say: Callable[[str], None]) -> None:
    """Every process is ready, or would be if its topic were made anew: for that it has to run."""
    limit = time.monotonic() + SECONDS
    said = 0
    while True:
        answers = await readiness.ask(ports)
        waiting = [name for name, answer in answers.items() if not (answer.ready or answer.stopped)]
        if not waiting:
            for service in SERVICES:
                if service in answers and (reason := answers[service].stopped):
                    say(readiness.stands_still(service, reason))
            return
        if len(waiting) != said:
            say(f"waiting for {', '.join(waiting)} …")
            said = len(waiting)
        _give_up_on(home, waiting, limit)
        await asyncio.sleep(0.2)


def _give_up_on(home: Home, waiting: list[str], limit: float) -> None:
    """Raises once one of them has ended too often, or all of them have taken too long, or none is run."""
    if not manager.alive(home):
        raise ManagerGone
    restarts = manager.restarts(home)
    failing = [name for name in waiting if restarts.get(name, 0) >= FAILURES]
    if not failing and time.monotonic() < limit:
        return
    name = (failing or waiting)[0]
    log = home.logs / f"{name}.log"
    how = "ends again and again" if failing else "is not ready in time"
    raise CannotRun(f"{name} {how}; the end of {log}:\n{last_lines(log)}")
