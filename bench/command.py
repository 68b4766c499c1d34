"""`bench`: a measurement beside its peers, in one run."""

from __future__ import annotations

import importlib
import sys
from typing import Any, Protocol

import click

from ops import packages
from ops.errors import CannotRun
from ops.output import answer, json_option, progress

BENCHES = {
    "append": "durable appends with 1 to 256 waiting, beside eventsourcing's Application.save",
    "commands": "durable commands over HTTP from 64 clients, beside FastAPI with eventsourcing or asyncpg",
    "directory": "searches among 100,000 contacts under row security, beside the same by LIKE",
    "fanout": "1, 2, 4 and 5 workers of one view's group, whose rows never meet",
    "faults": "nothing lost, doubled or out of order whatever breaks: accidents at random amid a load",
    "growth": "appends, rebuilds and pages of a log of 10,000 to 3,000,000 events",
    "latency": "from a command to its effect in a view, at 200 and 1,000 commands a second",
    "matching": "persons matched by scores, right and fast, beside splink and recordlinkage",
    "poison": "how long other streams wait for a view that has parked one stream in twenty",
    "projection": "events folded into a view from a backlog, beside a FastStream handler that upserts each",
    "rebuild": "customer_360 made anew from a million events, beside reading alone and two peers",
    "undisturbed": "from a command to its effect in a view while that view is rebuilt, and without",
    "travel": "questions about the past of customers with 1,000 events, beside the live page",
}
"""Each is a module of this package with a `measure(tell, …)`."""

ROUNDS = 3

TAKES = {
    "fanout": {"rounds", "events"},
    "faults": {"minutes", "seed"},
    "growth": {"most"},
    "matching": {"rounds", "most"},
    "rebuild": {"rounds", "events"},
    "undisturbed": {"rounds", "events"},
}
"""The options of those that take others than `rounds`; told before anything is installed for them."""


class Measured(Protocol):
    """The answer of a measurement."""

    @property
    def met(self) -> bool: ...

    def document(self) -> dict[str, Any]: ...

    def text(self) -> str: ...


@click.command(epilog="\n\n".join(f"{name}: {what}" for name, what in BENCHES.items()))
@click.argument("name", type=click.Choice(list(BENCHES)))
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    help=f"How often; figures are medians.  [default: {ROUNDS}]",
)
@click.option(
    "--events", metavar="N", type=click.IntRange(min=1_000), help="rebuild, fanout, undisturbed: how many."
)
@click.option(
    "--most", metavar="N", type=click.IntRange(min=10_000), help="growth, matching: no larger log, or crowd."
)
@click.option("--minutes", metavar="N", type=click.FloatRange(min=0.1), help="faults: for how long.")
@click.option("--seed", metavar="TEXT", help="faults: what decides the draws and the commands.")
@json_option
def command(name: str, as_json: bool, **sizes: float | str | None) -> None:
    """Measure one thing beside its peers, in one run; exit 1 when a goal is missed.

    Each measurement brings its own PostgreSQL and Kafka, with the settings of a durable stack; let
    nothing else run meanwhile.
    """
    chosen = {option: size for option, size in sizes.items() if size is not None}
    known = TAKES.get(name, {"rounds"})
    if strange := chosen.keys() - known:
        raise CannotRun(f"bench {name} takes no --{min(strange)}.")
    packages.need(packages.DEV)
    measure = importlib.import_module(f"bench.{name}").measure
    with progress() as tell:
        report: Measured = measure(tell=tell, **({"rounds": ROUNDS} if "rounds" in known else {}) | chosen)
    answer(report.document(), report.text(), as_json)
    sys.exit(0 if report.met else 1)
