"""`bench append`: commands made durable, below HTTP, beside Application.save of `eventsourcing`."""

from __future__ import annotations

from functools import partial

from bench.harness import Figures, Goal, Report, durable_postgres, in_rounds
from bench.loads import Load, run_together
from bench.peers import eventsourcing_append
from bench.store_appends import store_appends
from kernel.settings import Settings

SECONDS = 1.0
"""Of each load in each round."""

WAITING = (1, 16, 64, 256)
PEERS_WAITING = (1, 16, 64)


def measure(rounds: int) -> Report:
    with durable_postgres() as (administrator, settings):
        ours, peers = in_rounds(rounds, partial(_round, administrator, settings))
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


def _round(administrator: str, settings: Settings) -> tuple[Figures, Figures]:
    ours: Figures = {}
    peers: Figures = {}
    for waiting in WAITING:
        ours[f"{waiting} waiting"] = _ours(settings, Load(waiting, SECONDS))
        if waiting in PEERS_WAITING:
            peers[f"{waiting} waiting"] = _peer(administrator, Load(waiting, SECONDS))
    ours["64 waiting, two processes"] = _ours(settings, Load(32, SECONDS), processes=2)
    ours["256 waiting, two processes"] = _ours(settings, Load(128, SECONDS), processes=2)
    hostile = Load(64, SECONDS, hostile=True)
    ours["64 waiting, hostile"] = _ours(settings, hostile)
    peers["64 waiting, hostile"] = _peer(administrator, hostile)
    ours["64 waiting, hostile, two processes"] = _ours(settings, Load(32, SECONDS, hostile=True), processes=2)
    return ours, peers


def _ours(settings: Settings, load: Load, processes: int = 1) -> dict[str, float]:
    return run_together([partial(store_appends, settings, load)] * processes)


def _peer(administrator: str, load: Load) -> dict[str, float]:
    return run_together([partial(eventsourcing_append, administrator, load)])
