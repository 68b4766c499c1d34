"""`up`: the whole stack, in the foreground or left running."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

import click

from ops.errors import CannotRun
from ops.local import home as homes
from ops.local import manager, stack, strays
from ops.local.home import Home
from ops.local.record import Record, without_password
from ops.local.status import document
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

    Without --detach it stays until Ctrl-C, which stops everything. State lives in RAPPORT_HOME (default:
    .rapport in the checkout). RAPPORT_POSTGRES and RAPPORT_KAFKA name servers to use instead of own ones.
    """
    home = homes.find()
    outcome = None
    with _stoppable():
        try:
            with progress() as tell:
                outcome = stack.up(home, ports, tell)
            _report(home, outcome, as_json)
            if outcome.remark:
                say(outcome.remark)
            if not detach and outcome.started:
                say("Ctrl-C stops everything.")
                _stay(home)
        except KeyboardInterrupt:
            if outcome is None:
                raise CannotRun("stopped before it was up; no process of this start is left.") from None
            if outcome.started:
                say("stopping …")
                stack.stop(home)


def _report(home: Home, outcome: stack.Outcome, as_json: bool) -> None:
    seen = document(home)
    how = "is up" if outcome.started else "was up already"
    places = "\n".join(f"  {name:10} {service['url']}/docs" for name, service in seen["services"].items())
    answer(seen, f"Rapport {how} ({home.root}):\n{places}\n{servers(outcome.record)}", as_json)


def servers(record: Record) -> str:
    """Where PostgreSQL and Kafka are, as a person is told; a program gets the whole DSN."""
    return f"  {'postgres':10} {without_password(record.postgres)}\n  {'kafka':10} {record.kafka}"


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
    """Until somebody else stops the stack, or its manager is killed."""
    while manager.alive(home):
        time.sleep(0.5)
    if strays.states(home):
        stack.stop(home)
        raise CannotRun("the process manager was killed; the processes that it left are stopped too.")
    say("the stack was stopped.")
