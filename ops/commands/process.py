"""One process each, as a cluster runs them; settings come from the environment."""

import time
from collections.abc import Callable

import click

from kernel.settings import SERVICES
from ops import settings
from ops.errors import CannotRun
from ops.local.names import REACTING, SERVED
from ops.output import answer, json_option


def _run(process: str, work: Callable[[], None], as_json: bool) -> None:
    """Until it is told to stop; its log goes to standard error, so only a program is told of the end."""
    settings.load()  # says so where there is no stack
    began = time.monotonic()
    work()
    if as_json:
        answer({"process": process, "seconds": round(time.monotonic() - began, 1)}, "", as_json)


@click.command()
@click.argument("service", type=click.Choice(SERVED))
@json_option
def serve(service: str, as_json: bool) -> None:
    """Run the HTTP process of a service until it is told to stop.

    Settings are RAPPORT_… variables, or the local home's. SIGTERM drains. As of the other processes, the log
    is on standard error, and --json answers at the end.
    """
    from kernel.web import process

    _run(service, lambda: process.run(service), as_json)


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
@json_option
def relay(service: str, as_json: bool) -> None:
    """Publish the events of a service to Kafka until told to stop."""
    from kernel.log import relay as process

    _run(f"{service}_relay", lambda: process.run(service), as_json)


@click.command()
@click.argument("service", type=click.Choice(REACTING))
@json_option
def react(service: str, as_json: bool) -> None:
    """Run the reactions of a service to others' events until told to stop."""
    from kernel import reaction as process

    _run(f"{service}_react", lambda: process.run(service), as_json)


@click.command()
@json_option
def worker(as_json: bool) -> None:
    """Fold the log into the views until told to stop."""
    from kernel.view import worker as process

    _run("worker", process.run, as_json)


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring every schema to the version that this code knows; doing so twice changes nothing."""
    from kernel import migrate as step
    from kernel.database import DatabaseAway

    settings.load()
    try:
        applied = step.run()
    except (step.SchemaMismatch, DatabaseAway) as error:
        raise CannotRun(str(error)) from error
    answer({"applied": applied}, "\n".join(applied) or "every schema is up to date.", as_json)
