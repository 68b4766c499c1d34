"""`up`: the whole stack, in the foreground or left running."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

import click

from ops.errors import CannotRun
from ops.local import stack
from ops.local.home import home as homes
from ops.local.home.home import Home
from ops.local.home.remembered import Stack
from ops.local.postgres.dsn import without_password
from ops.local.status import document
from ops.local.supervising import manager, strays
from ops.local.supervising.manager import ManagerSilent
from ops.output import answer, json_option, progress, say

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--detach", is_flag=True, help="Leave the stack running; `down` stops it.")
@click.option(
    "--ports",
    type=click.Choice(["fixed", "auto"]),
    help="Fixed ports (8101 and up; the default), or free ones. The home remembers which.",
)
@json_option
def command(detach: bool, ports: str | None, as_json: bool) -> None:
    """Start PostgreSQL, Kafka and every service, and wait until all are ready.

    Without --detach it stays until Ctrl-C, which stops everything. What runs already is left alone, and what
    does not is started. A process that dies is started again; `status` shows it.

    RAPPORT_POSTGRES (an administrator's DSN) and RAPPORT_KAFKA (host:port) name servers to use instead of
    own ones.
    """
    home = homes.find()
    running = None
    with _stoppable():
        try:
            with progress() as tell:
                running = stack.up(home, ports, tell)
            _report(home, running, as_json)
            if running.remark:
                say(running.remark)
            if not detach and running.started:
                say("Ctrl-C stops everything.")
                _stay(home)
        except KeyboardInterrupt:
            if running is None:
                raise CannotRun("stopped before it was up; no process of this start is left.") from None
            if running.started:
                say("stopping …")
                stack.stop(home)


def _report(home: Home, running: stack.Running, as_json: bool) -> None:
    seen = document(home)
    how = "is up" if running.started else "was up already"
    addresses = "\n".join(f"  {name:10} {service['url']}/docs" for name, service in seen["services"].items())
    answer(seen, f"Rapport {how} ({home.root}):\n{addresses}\n{servers(running.stack)}", as_json)


def servers(settled: Stack) -> str:
    """Where PostgreSQL and Kafka are, as a person is told; a program gets the whole DSN."""
    return f"  {'postgres':10} {without_password(settled.postgres)}\n  {'kafka':10} {settled.kafka}"


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """A closed terminal and SIGTERM end it as Ctrl-C does, and only the first of them counts."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        for ending in ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _stay(home: Home) -> None:
    """Until somebody else stops the stack, or its manager is killed and no other start takes over."""
    while _manager_is_there(home):
        time.sleep(0.5)
        if not _manager_is_there(home) and strays.states(home) and stack.stop_left(home, say):
            raise CannotRun("the process manager was killed; the processes that it left are stopped too.")
    say("the stack was stopped.")


def _manager_is_there(home: Home) -> bool:
    """Also while it is stopped, as by a debugger."""
    try:
        return manager.alive(home)
    except ManagerSilent:
        return True
