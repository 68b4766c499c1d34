"""Bringing the stack up and down."""

import asyncio
import contextlib
import fcntl
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ops.advance import Say
from ops.errors import CannotRun
from ops.local import ports
from ops.local.home import home as homes
from ops.local.home import keys, remembered
from ops.local.home.home import Home
from ops.local.home.remembered import Stack
from ops.local.kafka import broker, jars
from ops.local.postgres import dsn, preparing, server
from ops.local.supervising import manager, processes, strays, waiting
from ops.local.supervising.manager import ManagerGone, ManagerSilent
from ops.local.supervising.processes import OURS, SERVERS, Process

SECONDS_TO_STOP = 14


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that is ready; `started` is false where it ran already."""

    stack: Stack
    started: bool
    remark: str = ""
    """What was wished and could not be had, as a sentence."""


def up(home: Home, port_wish: str | None, say: Say, ours: list[Process] | None = None) -> Running:
    """Starts what does not run yet and waits until everything is ready; what runs already is left alone.

    Raises CannotRun, with the last lines of the log, when a process does not come up; a stack that was
    started here is then stopped again.
    """
    homes.prepare(home)
    wanted = processes.ours() if ours is None else ours
    with _alone(home, say):
        stack = remembered.load(home) if manager.alive(home) else None
        if stack:
            _refuse_strangers(home, wanted)
            return Running(stack, _bring_up(home, stack, wanted, say), _ports_that_stay(stack, port_wish))
        try:
            stack = _start_manager(home, port_wish, wanted, say)
            _bring_up(home, stack, wanted, say)
        except BaseException:
            stop(home)
            raise
        return Running(stack, started=True)


@contextlib.contextmanager
def _alone(home: Home, say: Say) -> Iterator[None]:
    """Two starts of one home come one after the other."""
    with (home.run / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start of the same home …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_strangers(home: Home, wanted: list[Process]) -> None:
    """A running manager takes no new kind of process."""
    if strange := {process.name for process in wanted} - manager.states(home).keys():
        raise CannotRun(
            f"the stack was started by another version, without {', '.join(sorted(strange))}: "
            "`./rapport down`, then `./rapport up`."
        )


def _ports_that_stay(stack: Stack, port_wish: str | None) -> str:
    kept = "auto" if stack.automatic_ports else "fixed"
    if port_wish in (None, kept):
        return ""
    return (
        f"the stack runs with --ports {kept} and keeps them: "
        f"`./rapport down`, then `./rapport up --ports {port_wish}`, changes that."
    )


def _start_manager(home: Home, port_wish: str | None, wanted: list[Process], say: Say) -> Stack:
    strays.end(home)
    keys.make(home.keys, home.jwks)
    stack = remembered.settle(home, port_wish)
    ports.refuse_taken({name: stack.ports[name] for name in _used_ports(stack, wanted)})
    classes = jars.ready() if stack.own_kafka else None
    if classes:
        say("preparing Kafka …")
        broker.prepare(home.kafka, classes, stack.ports["kafka"], stack.ports["kafka_controller"])
    if stack.own_postgres:
        say("preparing PostgreSQL …")
        server.initialise(home.postgres, stack.passwords[dsn.ADMINISTRATOR])
        server.forget_stale_pid(home.postgres)
    servers = processes.servers(home, stack.ports, classes, stack.own_postgres)
    manager.start(home, [*servers, *wanted])
    return stack


def _used_ports(stack: Stack, wanted: list[Process]) -> Iterator[str]:
    if stack.own_postgres:
        yield "postgres"
    if stack.own_kafka:
        yield from ("kafka", "kafka_controller")
    yield from (process.name for process in wanted)


def _bring_up(home: Home, stack: Stack, wanted: list[Process], say: Say) -> bool:
    """Starts group after group; whether anything had to be started."""
    manager.start_group(home, SERVERS)
    states = manager.states(home)
    missing = any(states[process.name].state in manager.AT_REST for process in wanted)
    if missing:
        say("waiting for PostgreSQL …")
        asyncio.run(_prepare_database(home, stack, say))
    asyncio.run(waiting.until_kafka_answers(home, stack, say))
    manager.start_group(home, OURS)
    ports_of_ours = {process.name: stack.ports[process.name] for process in wanted}
    asyncio.run(waiting.until_ready(home, ports_of_ours, say))
    return missing


async def _prepare_database(home: Home, stack: Stack, say: Say) -> None:
    await waiting.until_postgres_answers(home, stack)
    say("migrating …")
    await preparing.prepare(stack)
    await preparing.migrate(remembered.settings(home, stack))


def stop(home: Home) -> bool:
    """Stops everything within SECONDS_TO_STOP and leaves no process; whether there was anything to stop."""
    any_ran = bool(strays.find(home))
    limit = time.monotonic() + SECONDS_TO_STOP
    with contextlib.suppress(ManagerGone, ManagerSilent):  # then all that runs is a stray
        for group in (OURS, SERVERS):
            manager.stop_group(home, group)
            while _any_runs(home, group) and time.monotonic() < limit:
                time.sleep(0.05)
        manager.shutdown(home)
    strays.end(home)
    return any_ran


def stop_left(home: Home, say: Say) -> bool:
    """Stops what a killed manager left; whether it did, for another start may have taken over."""
    with _alone(home, say):
        return not manager.alive(home) and stop(home)


def _any_runs(home: Home, group: str) -> bool:
    return any(state.pid for state in manager.states(home).values() if state.group == group)
