"""One process each, as a cluster runs them; settings come from the environment."""

import time
from collections.abc import Callable

import click

from kernel.settings import SERVICES
from ops import settings
from ops.errors import CannotRun
from ops.local.supervising.names import REACTING, SERVED
from ops.output import answer, json_option


def _run(process: str, work: Callable[[], None], as_json: bool) -> None:
    """Until it is told to stop; only a program is told of the end, for a person has the log."""
    settings.load()  # says so where there is no stack
    began = time.monotonic()
    work()
    if as_json:
        answer({"process": process, "seconds": round(time.monotonic() - began, 1)}, "", as_json)


json_at_the_end = click.option(
    "--json", "as_json", is_flag=True, help="Answer with one JSON document when it has ended."
)

UNTIL_STOPPED = """It runs until SIGTERM or Ctrl-C, and finishes what is under way. Its log is on standard
error. Its settings are RAPPORT_… variables, or else those of the home; docs/operating.md tells more."""


@click.command(epilog=UNTIL_STOPPED)
@click.argument("service", type=click.Choice(SERVED))
@json_at_the_end
def serve(service: str, as_json: bool) -> None:
    """Serve HTTP: the commands of a service, or the queries of `views`."""
    from kernel.web import process

    _run(service, lambda: process.run(service), as_json)


@click.command(epilog=UNTIL_STOPPED)
@click.argument("service", type=click.Choice(SERVICES))
@json_at_the_end
def relay(service: str, as_json: bool) -> None:
    """Publish the events of a service to Kafka."""
    from kernel.log import relay as process

    _run(f"{service}_relay", lambda: process.run(service), as_json)


@click.command(epilog=UNTIL_STOPPED)
@click.argument("service", type=click.Choice(REACTING))
@json_at_the_end
def react(service: str, as_json: bool) -> None:
    """Run the reactions of a service: others' events become its commands."""
    from kernel.reaction import worker as process

    _run(f"{service}_react", lambda: process.run(service), as_json)


@click.command(epilog=UNTIL_STOPPED)
@json_at_the_end
def worker(as_json: bool) -> None:
    """Fold the events of all services into the views."""
    from kernel.view import worker as process

    _run("worker", process.run, as_json)


@click.command(epilog=UNTIL_STOPPED)
@json_at_the_end
def match(as_json: bool) -> None:
    """Match the contacts of organisations that have an agreement."""
    from services.projections.matcher import process

    _run("matcher", process.run, as_json)


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring every schema of the database to the version that this code knows.

    Doing so twice changes nothing. Each schema is migrated by its owner's role, `<schema>_owner`.
    """
    from kernel import migrate as step
    from kernel.database import DatabaseAway

    settings.load()
    try:
        applied = step.run()
    except (step.SchemaMismatch, DatabaseAway) as error:
        raise CannotRun(str(error)) from error
    answer({"applied": applied}, "\n".join(applied) or "every schema is up to date.", as_json)
