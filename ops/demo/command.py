"""`demo`: from nothing to a customer's page."""

from __future__ import annotations

import sys
import time

import click

from ops import packages
from ops.local import stack
from ops.local.home import home as homes
from ops.output import answer, json_option, progress, say


@click.command()
@click.option("--small", is_flag=True, help="Load a tenth of the households.")
@click.option(
    "--ports", type=click.Choice(["fixed", "auto"]), help="Fixed ports (the default), or free ones; see `up`."
)
@json_option
def command(small: bool, ports: str | None, as_json: bool) -> None:
    """Bring everything up, load a year of real purchases, show a customer.

    2,469 households of a grocery retailer, with every one of their 155,848 baskets of 2017, go as ordinary
    commands over HTTP into the event store, through Kafka, into the views. What an earlier run loaded is not
    loaded again. The first run also fetches the data (35 MB). The stack is left running; `down` stops it.

    Exit code 1 when `verify`, which runs at the end, finds a difference.
    """
    began = time.monotonic()
    packages.need(packages.DEMO)  # the modules below import what it brings
    from ops.demo import telling
    from ops.demo.running import run

    fetched = time.monotonic()
    home = homes.find()
    with progress() as tell:
        stood = stack.up(home, ports, tell)
    started = time.monotonic()
    if stood.remark:
        say(stood.remark)
    say(telling.SOURCE)
    shown = run(home, small, fetched - began, started - fetched)
    answer(shown.document(), "" if as_json else telling.text(shown, home), as_json)
    sys.exit(0 if shown.verdict.ok else 1)
