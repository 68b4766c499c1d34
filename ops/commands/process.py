"""One process each, as a cluster runs them; settings come from the environment."""

import click

from ops.errors import CannotRun
from ops.output import answer, json_option


@click.command()
@click.argument("service")
@json_option
def serve(service: str, as_json: bool) -> None:
    """Run the HTTP process of SERVICE (contacts, sales or views) until it is told to stop.

    Settings are RAPPORT_… variables, or the local home's. SIGTERM drains.
    """
    from kernel.web import process

    process.run(service)


@click.command()
@click.argument("service")
@json_option
def relay(service: str, as_json: bool) -> None:
    """Publish the events of SERVICE to Kafka until told to stop."""
    from kernel.log import relay as process

    process.run(service)


@click.command()
@click.argument("service")
@json_option
def react(service: str, as_json: bool) -> None:
    """Run the reactions of SERVICE to others' events until told to stop."""
    from kernel import reaction as process

    process.run(service)


@click.command()
@json_option
def worker(as_json: bool) -> None:
    """Fold the log into the views until told to stop."""
    from kernel.view import worker as process

    process.run()


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring every schema to the version that this code knows; doing so twice changes nothing."""
    from kernel import migrate as step
    from kernel.database import DatabaseAway

    try:
        applied = step.run()
    except (step.SchemaMismatch, DatabaseAway) as error:
        raise CannotRun(str(error)) from error
    answer({"applied": applied}, "\n".join(applied) or "every schema is up to date.", as_json)
