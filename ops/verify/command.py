"""`verify`: the oracle on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import uvloop
from aiokafka.errors import KafkaError

from kernel.database import DatabaseAway
from kernel.migrate import SchemaMismatch
from kernel.settings import SERVICES, Settings
from kernel.vault.keys import KeysMissing
from ops.errors import CannotRun
from ops.output import answer, json_option, progress
from ops.settings import kafka_away, load
from ops.verify.oracle import verify
from ops.verify.report import Verdict
from ops.verify.table import text
from services.projections.app import VIEWS


@click.command()
@click.option(
    "--acks",
    "journals",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A journal of what callers were told, as docs/verify.md describes; may be given several times.",
)
@click.option(
    "--service",
    type=click.Choice(SERVICES),
    help="Only this service's log, and the views that read it.",
)
@json_option
def command(journals: tuple[Path, ...], service: str | None, as_json: bool) -> None:
    """Compare what callers were told, what is stored, what is on the topics and what the views show.

    Commands may go on meanwhile. Exit code 0 when nothing differs, 1 when something does: each fault is
    named, with the first places where it was found. Personal values appear as digests only.
    """
    settings = load()
    try:
        verdict = watched(settings, journals, (service,) if service else SERVICES)
    except (DatabaseAway, SchemaMismatch, KeysMissing) as error:
        raise CannotRun(str(error)) from error
    except KafkaError as error:
        raise kafka_away(error, settings) from error
    answer(verdict.document(), "" if as_json else text(verdict), as_json)
    sys.exit(0 if verdict.ok else 1)


def watched(settings: Settings, journals: tuple[Path, ...], services: tuple[str, ...]) -> Verdict:
    """The verdict on a stack; meanwhile how far it is."""
    views = [view for view in VIEWS if view.services & set(services)]
    with progress() as say:
        return uvloop.run(verify(settings, services, views, journals, say))
