"""`bench`: a measurement beside its peers, in one run."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING

import click

from ops import packages
from ops.errors import CannotRun
from ops.output import answer, json_option, progress

if TYPE_CHECKING:
    from bench.harness import Figures, Report

BENCHES = {
    "append": "durable appends with 1 to 256 waiting, beside eventsourcing's Application.save",
    "commands": "durable commands over HTTP from 64 clients, beside FastAPI with eventsourcing or asyncpg",
    "directory": "searches among 100,000 contacts under row security, beside the same by LIKE",
    "latency": "from a command to its effect in a view, at 200 and 1,000 commands a second",
    "projection": "events folded into a view from a backlog, beside a FastStream handler that upserts each",
    "rebuild": "customer_360 made anew from a million events, beside reading alone and two peers",
    "undisturbed": "from a command to its effect in a view while that view is rebuilt, and without",
    "travel": "questions about the past of customers with 1,000 events, beside the live page",
}
"""Each is a module of this package with `measure(rounds, tell, …) -> Report`."""


@click.command(epilog="\n\n".join(f"{name}: {what}" for name, what in BENCHES.items()))
@click.argument("name", type=click.Choice(list(BENCHES)))
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How often; figures are medians.",
)
@click.option("--events", metavar="N", type=click.IntRange(min=1_000), help="rebuild: how many.")
@json_option
def command(name: str, rounds: int, as_json: bool, **sizes: int | None) -> None:
    """Measure one thing beside its peers, in one run; exit 1 when a goal is missed.

    Each measurement brings its own PostgreSQL and Kafka, with the settings of a durable stack; let
    nothing else run meanwhile.
    """
    packages.need(packages.DEV)
    measure = importlib.import_module(f"bench.{name}").measure
    chosen = {option: size for option, size in sizes.items() if size is not None}
    if strange := chosen.keys() - inspect.signature(measure).parameters:
        raise CannotRun(f"bench {name} takes no --{min(strange)}.")
    with progress() as tell:
        report: Report = measure(rounds, tell, **chosen)
    answer(report.document(), _table(report), as_json)
    sys.exit(0 if report.met else 1)


def _table(report: Report) -> str:
    lines = [f"{report.name}, medians of {report.rounds} rounds", *_figures(report.figures)]
    if report.peers:
        lines += ["peers:", *_figures(report.peers)]
    if report.ratios:
        lines += ["ratios:", *(f"  {name:50} {ratio:8.1f}×" for name, ratio in report.ratios.items())]
    for goal in report.goals:
        lines.append(f"{'met   ' if goal.met else 'MISSED'} {goal.what}: {goal.seen} (goal {goal.goal})")
    return "\n".join(lines)


def _figures(figures: Figures) -> list[str]:
    return [
        f"  {name:50} " + "  ".join(f"{unit} {value:,.2f}" for unit, value in units.items())
        for name, units in figures.items()
    ]
