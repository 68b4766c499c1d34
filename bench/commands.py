"""`bench commands`: a command over HTTP, authenticated, validated, idempotent and durable, from 64 clients.

Each service is one process. First only it and the database run, beside its peers; then relay, Kafka and the
worker of all views run too and take their share of the cores. The clients' process always takes its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from bench.calling.interactions import register
from bench.calling.loading import Loading
from bench.harness import MOST_SERVICE_MB, MOST_WORKER_MB, Figures, Goal, Report, Tell, in_rounds
from bench.stack import Processes, durable_postgres, kafka_beside, running_processes
from bench.workers import Workers
from kernel.settings import Settings
from ops.demo.arrival import until_shown
from ops.local import ports

MOST_P99_MS = 30

ALONE = "API and database"
WHOLE = "with relay, Kafka and views"
BESIDE = ("contacts_relay", "worker")
FIRST = "FastAPI + eventsourcing"
PEERS = {FIRST: "library", "FastAPI + asyncpg": "transactions"}
"""Each with its module under bench.peers."""


def measure(rounds: int, tell: Tell) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        processes = stack.enter_context(running_processes(settings))
        load = Loading(settings, processes, stack.enter_context(Workers(1)))
        at = _start_peers(processes, settings, administrator)
        processes.start_ours(settings, "contacts")
        register(settings)
        alone, peers = in_rounds(rounds, partial(_alone, load, at), tell)
        processes.stop(*PEERS.values())
        settings = stack.enter_context(kafka_beside(settings))
        processes.start_ours(settings, *BESIDE)
        whole, _ = in_rounds(rounds, partial(_whole, load, settings), tell)
        memory = {name: processes.memory_mb(name) for name in ("contacts", *BESIDE)}
        processes.stop()
    memories = {name: {"memory_mb": round(value, 1)} for name, value in memory.items()}
    return _report(rounds, {**alone, **whole, **memories}, peers)


def _start_peers(processes: Processes, settings: Settings, administrator: str) -> dict[str, int]:
    """The port of each by its name."""
    at = dict(zip(PEERS, ports.free(len(PEERS)), strict=True))
    for name, port in at.items():
        module = PEERS[name]
        command = [sys.executable, "-P", "-m", "bench.peers.serve", module, str(port), administrator]
        processes.start(module, command, settings)
    processes.until_ready({PEERS[name]: port for name, port in at.items()})
    return at


def _alone(load: Loading, at: Mapping[str, int], tell: Tell) -> tuple[Figures, Figures]:
    tell(ALONE)
    ours = {ALONE: load.ours("contacts", "postgres")}
    peers = {}
    for name, port in at.items():
        tell(name)
        peers[name] = load.peer(port, PEERS[name], "postgres")
    return ours, peers


def _whole(load: Loading, settings: Settings, tell: Tell) -> tuple[Figures, Figures]:
    tell(WHOLE)
    _until_shown(settings)
    behind: list[int] = []
    figures = load.ours(
        "contacts", *BESIDE, "postgres", "kafka", afterwards=lambda: behind.append(_until_shown(settings))
    )
    return {WHOLE: {**figures, "behind": behind[0]}}, {}


def _until_shown(settings: Settings) -> int:
    """Waits until every view shows all; how many events the furthest behind lacked."""
    lacking: list[int] = []
    asyncio.run(until_shown(settings, lacking.append))
    return lacking[0]


def _report(rounds: int, figures: Figures, peers: Figures) -> Report:
    first = peers[FIRST]["per_second"]
    ratios = {
        f"{name}, beside {peer}": figures[name]["per_second"] / peers[peer]["per_second"]
        for name in (ALONE, WHOLE)
        for peer in peers
    }
    return Report(
        "commands",
        rounds,
        figures,
        peers,
        {name: round(ratio, 1) for name, ratio in ratios.items()},
        [
            Goal.at_least(f"{ALONE}, beside {FIRST}", 12, figures[ALONE]["per_second"] / first),
            Goal.at_least(f"{WHOLE}, beside {FIRST}", 6, figures[WHOLE]["per_second"] / first),
            *(
                Goal.at_most(f"{name}, p99 in ms", MOST_P99_MS, figures[name]["p99_ms"])
                for name in (ALONE, WHOLE)
            ),
            Goal.at_most("memory of the service, MB", MOST_SERVICE_MB, figures["contacts"]["memory_mb"]),
            Goal.at_most("memory of the worker, MB", MOST_WORKER_MB, figures["worker"]["memory_mb"]),
        ],
    )
