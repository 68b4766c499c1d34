"""Bringing the stack up and down."""

import asyncio
import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.local import database, jars, kafka, keys, manager, ports, postgres, processes, strays, waiting
from ops.local import home as homes
from ops.local import record as records
from ops.local.home import Home
from ops.local.processes import OURS, SERVERS, Process
from ops.local.record import Record

Say = Callable[[str], None]

SECONDS_TO_STOP = 14


@dataclass(frozen=True, slots=True)
class Outcome:
    """A stack that is ready; `started` is false where it ran already."""

    record: Record
    started: bool
    remark: str = ""
    """What was wished and could not be had, as a sentence."""


def up(home: Home, port_wish: str | None, say: Say, ours: list[Process] | None = None) -> Outcome:
    """Starts what does not run yet and waits until everything is ready; what runs already is left alone.

    Raises CannotRun, with the last lines of the log, when a process does not come up; a stack that was
    started here is then stopped again.
    """
    homes.prepare(home)
    wanted = processes.ours() if ours is None else ours
    with _alone(home, say):
        record = records.load(home) if manager.alive(home) else None
        if record:
            return Outcome(record, _bring_up(home, record, wanted, say), _ports_that_stay(record, port_wish))
        try:
            record = _start_manager(home, port_wish, wanted, say)
            _bring_up(home, record, wanted, say)
        except BaseException:
            stop(home)
            raise
        return Outcome(record, started=True)


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


def _ports_that_stay(record: Record, port_wish: str | None) -> str:
    kept = "auto" if record.automatic_ports else "fixed"
    if port_wish in (None, kept):
        return ""
    return (
        f"the stack runs with --ports {kept} and keeps them: "
        f"`./rapport down`, then `./rapport up --ports {port_wish}`, changes that."
    )


def _start_manager(home: Home, port_wish: str | None, wanted: list[Process], say: Say) -> Record:
    strays.end(home)
    keys.make(home.keys, home.jwks)
    record = records.settle(home, port_wish)
    ports.refuse_taken({name: record.ports[name] for name in _used_ports(record, wanted)})
    classes = jars.ready() if record.own_kafka else None
    if classes:
        say("preparing Kafka …")
        kafka.prepare(home.kafka, classes, record.ports["kafka"], record.ports["kafka_controller"])
    if record.own_postgres:
        say("preparing PostgreSQL …")
        postgres.initialise(home.postgres, record.passwords[postgres.ADMINISTRATOR])
        postgres.forget_stale_pid(home.postgres)
    servers = processes.servers(home, record.ports, classes, record.own_postgres)
    manager.start(home, [*servers, *wanted])
    return record


def _used_ports(record: Record, wanted: list[Process]) -> Iterator[str]:
    if record.own_postgres:
        yield "postgres"
    if record.own_kafka:
        yield from ("kafka", "kafka_controller")
    yield from (process.name for process in wanted)


def _bring_up(home: Home, record: Record, wanted: list[Process], say: Say) -> bool:
    """Starts group after group; whether anything had to be started."""
    manager.start_group(home, SERVERS)
    states = manager.states(home)
    missing = any(states[process.name].state in manager.AT_REST for process in wanted)
    if missing:
        say("waiting for PostgreSQL …")
        asyncio.run(_prepare_database(home, record, say))
    say("waiting for Kafka …")
    asyncio.run(waiting.until_kafka_answers(home, record))
    manager.start_group(home, OURS)
    ports_of_ours = {process.name: record.ports[process.name] for process in wanted}
    asyncio.run(waiting.until_ready(home, ports_of_ours, say))
    return missing


async def _prepare_database(home: Home, record: Record, say: Say) -> None:
    await waiting.until_postgres_answers(home, record)
    say("migrating …")
    await database.prepare(record)
    await database.migrate(records.settings(home, record))


def stop(home: Home) -> bool:
    """Stops everything within SECONDS_TO_STOP and leaves no process; whether there was anything to stop."""
    if not manager.alive(home):
        left = bool(strays.find(home))
        strays.end(home)
        return left
    limit = time.monotonic() + SECONDS_TO_STOP
    for group in (OURS, SERVERS):
        manager.stop_group(home, group)
        while _any_runs(home, group) and time.monotonic() < limit:
            time.sleep(0.05)
    with contextlib.suppress(OSError):
        manager.shutdown(home)
    while manager.alive(home) and time.monotonic() < limit:
        time.sleep(0.05)
    strays.end(home)
    return True


def _any_runs(home: Home, group: str) -> bool:
    return any(state.pid for state in manager.states(home).values() if state.group == group)
