"""`bench append`: commands made durable, below HTTP, beside Application.save of `eventsourcing`.

One process appends with 1 to 256 commands waiting; where two do, they share that number. Once more with a
hostile mix of conflicts, repeats and streams that everybody writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from bench.appending.library import eventsourcing_append
from bench.appending.loads import Load
from bench.appending.store import store_appends
from bench.harness import MOST_SERVICE_MB, Figures, Goal, Report, Tell, in_rounds
from bench.stack import durable_postgres
from bench.workers import Tally, Workers, rates

SECONDS = 1.0
"""Of each load in each round."""

Measured = Callable[..., dict[str, float]]
"""Puts each of the given loads on a process of its own."""

WAITING = (1, 16, 64, 256)
PEERS_WAITING = (1, 16, 64)


def measure(rounds: int, tell: Tell) -> Report:
    with durable_postgres() as (administrator, settings), Workers(2) as two, Workers(1) as one:

        def store(*loads: Load) -> dict[str, float]:
            return _figures(two.run(*(partial(store_appends, settings, load) for load in loads)))

        def library(load: Load) -> dict[str, float]:
            return _figures(one.run(partial(eventsourcing_append, administrator, load)))

        ours, peers = in_rounds(rounds, partial(_round, store, library), tell)
    ratios = {name: ours[name]["per_second"] / peers[name]["per_second"] for name in peers}
    memory = max(figures["memory_mb"] for figures in ours.values())
    return Report(
        "append",
        rounds,
        ours,
        peers,
        {name: round(ratio, 1) for name, ratio in ratios.items()},
        [
            Goal.at_least("64 waiting, beside Application.save", 25, ratios["64 waiting"]),
            Goal.at_least("64 waiting, hostile, beside Application.save", 12, ratios["64 waiting, hostile"]),
            Goal.at_most("memory of a process that appends, MB", MOST_SERVICE_MB, memory),
        ],
    )


def _figures(tallies: Sequence[Tally]) -> dict[str, float]:
    return {**rates(tallies), "memory_mb": max(tally.memory_mb for tally in tallies)}


def _round(ours: Measured, peer: Measured, tell: Tell) -> tuple[Figures, Figures]:
    figures: Figures = {}
    peers: Figures = {}
    for waiting in WAITING:
        tell(f"{waiting} waiting")
        figures[f"{waiting} waiting"] = ours(Load(waiting, SECONDS))
        if waiting in PEERS_WAITING:
            peers[f"{waiting} waiting"] = peer(Load(waiting, SECONDS))
    tell("two processes")
    for waiting in WAITING[1:]:
        figures[f"{waiting} waiting, two processes"] = ours(*[Load(waiting // 2, SECONDS)] * 2)
    tell("hostile")
    figures["64 waiting, hostile"] = ours(Load(64, SECONDS, hostile=True))
    peers["64 waiting, hostile"] = peer(Load(64, SECONDS, hostile=True))
    figures["64 waiting, hostile, two processes"] = ours(*[Load(32, SECONDS, hostile=True)] * 2)
    return figures, peers
