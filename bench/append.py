"""`bench append`: commands made durable, below HTTP, beside Application.save of `eventsourcing`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.harness import Figures, Goal, Report, durable_postgres, in_rounds
from bench.loads import Load, Workers
from bench.peers import eventsourcing_append
from bench.store_appends import store_appends

SECONDS = 1.0
"""Of each load in each round."""

Measured = Callable[..., dict[str, float]]
"""Puts each of the given loads on a process of its own."""

WAITING = (1, 16, 64, 256)
PEERS_Measured = Callable[..., dict[str, float]]
"""Puts each of the given loads on a process of its own."""

WAITING = (1, 16, 64)


def measure(rounds: int) -> Report:
    with durable_postgres() as (administrator, settings), Workers(2) as two, Workers(1) as one:

        def store(*loads: Load) -> dict[str, float]:
            return two.run(*(partial(store_appends, settings, load) for load in loads))

        def library(load: Load) -> dict[str, float]:
            return one.run(partial(eventsourcing_append, administrator, load))

        ours, peers = in_rounds(rounds, partial(_round, store, library))
    ratios = {name: ours[name]["per_second"] / peers[name]["per_second"] for name in peers}
    return Report(
        "append",
        rounds,
        ours,
        peers,
        {name: round(ratio, 1) for name, ratio in ratios.items()},
        [
            Goal.at_least("64 waiting, beside Application.save", 25, ratios["64 waiting"]),
            Goal.at_least("64 waiting, hostile, beside Application.save", 12, ratios["64 waiting, hostile"]),
        ],
    )


def _round(ours: Measured, peer: Measured) -> tuple[Figures, Figures]:
    figures: Figures = {}
    peers: Figures = {}
    for waiting in WAITING:
        figures[f"{waiting} waiting"] = ours(Load(waiting, SECONDS))
        if waiting in PEERS_WAITING:
            peers[f"{waiting} waiting"] = peer(Load(waiting, SECONDS))
    figures["64 waiting, two processes"] = ours(*[Load(32, SECONDS)] * 2)
    figures["256 waiting, two processes"] = ours(*[Load(128, SECONDS)] * 2)
    figures["64 waiting, hostile"] = ours(Load(64, SECONDS, hostile=True))
    peers["64 waiting, hostile"] = peer(Load(64, SECONDS, hostile=True))
    figures["64 waiting, hostile, two processes"] = ours(*[Load(32, SECONDS, hostile=True)] * 2)
    return figures, peers
