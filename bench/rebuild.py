"""`bench rebuild`: customer_360 made anew from a million events, beside reading them and beside its peers.

The topics of contacts and sales are filled directly, in the relay's own format and batches: no store holds
these events. Then `rebuild` runs as an operator runs it, and counts from its start until its version may be
switched to. Beside it, the same topics are consumed and decoded only. The peers take fewer events: the
ProjectionRunner of `eventsourcing` runs the same fold, and a FastStream handler upserts a row for each event.
An archive of the same events is written first, and `rebuild --from` takes them from there.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.folding.backlog import make
from bench.folding.running import Running
from bench.harness import Figures, Goal, Report, Tell, in_rounds
from bench.rebuilding.archiving import archived_topics
from bench.rebuilding.loading import EVENTS_EACH, LINES, load
from bench.rebuilding.reading import as_aiokafka, as_rebuild
from bench.rebuilding.runner import projected
from bench.rebuilding.running import rebuilt
from bench.stack import durable_postgres, kafka_beside, running_processes
from bench.workers import Workers
from services.projections.customers.customer_360 import CUSTOMER_360

EVENTS = 1_000_000
PEERS_EVENTS = 2_000
SECONDS_TO_LOAD = 1_800.0

LEAST, LEAST_OF_TWO, LEAST_FROM_ARCHIVE = 90_000, 160_000, 250_000
LEAST_OF_READING, LEAST_OF_RUNNER = 0.5, 60
MOST_MB = 300

ONE, TWO = "rebuild, one worker", "rebuild, two workers"
ARCHIVE_ONE, ARCHIVE_TWO = "rebuild from an archive, one worker", "rebuild from an archive, two workers"
OURS = (ONE, TWO, ARCHIVE_ONE, ARCHIVE_TWO)
READING = "consumed and decoded only"
GETMANY = "consumed by getmany and decoded only"
RUNNER = "eventsourcing's ProjectionRunner, the same fold"
HANDLER = "FastStream, an upsert for each event"


def measure(rounds: int, tell: Tell, events: int = EVENTS) -> Report:
    with ExitStack() as stack:
        administrator, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        tell(f"making {events:,} events of {events // EVENTS_EACH:,} customers")
        with Workers(2, SECONDS_TO_LOAD) as two:
            load(settings, two, events)
        few = asyncio.run(make(settings, PEERS_EVENTS, LINES))
        archive = Path(stack.enter_context(TemporaryDirectory()))
        tell("writing the same events to an archive")
        with Workers(1, SECONDS_TO_LOAD) as one:
            archived_topics(settings, one, archive)
        running = Running(settings, administrator, processes)

        def one_round(tell: Tell) -> tuple[Figures, Figures]:
            ours: Figures = {}
            for name, workers in ((ONE, 1), (TWO, 2)):
                tell(name)
                ours[name] = rebuilt(settings, processes, CUSTOMER_360.name, workers, events)
            for name, workers in ((ARCHIVE_ONE, 1), (ARCHIVE_TWO, 2)):
                tell(name)
                source = ("--from", str(archive))
                ours[name] = rebuilt(settings, processes, CUSTOMER_360.name, workers, events, *source)
            with Workers(1) as one:
                for name, read in ((READING, as_rebuild), (GETMANY, as_aiokafka)):
                    tell(name)
                    ours[name] = read(settings, one, CUSTOMER_360, events)
            with Workers(1, SECONDS_TO_LOAD) as one:
                tell(RUNNER)
                peers = {RUNNER: projected(administrator, one, PEERS_EVENTS)}
            tell(HANDLER)
            return ours, peers | {HANDLER: asyncio.run(running.upsert(few))}

        ours, peers = in_rounds(rounds, one_round, tell)
        processes.stop()
    return _report(rounds, ours, peers)


def _report(rounds: int, ours: Figures, peers: Figures) -> Report:
    one, two = ours[ONE]["per_second"], ours[TWO]["per_second"]
    from_archive = ours[ARCHIVE_TWO]["per_second"]
    reading, runner = one / ours[READING]["per_second"], one / peers[RUNNER]["per_second"]
    return Report(
        "rebuild",
        rounds,
        ours,
        peers,
        {
            f"{ONE}, beside {READING}": round(reading, 2),
            f"{ONE}, beside {GETMANY}": round(one / ours[GETMANY]["per_second"], 2),
            f"{ONE}, beside {RUNNER}": round(runner, 1),
            f"{ONE}, beside {HANDLER}": round(one / peers[HANDLER]["per_second"], 1),
            "two workers, beside one": round(two / one, 2),
            f"{ARCHIVE_TWO}, beside {TWO}": round(from_archive / two, 2),
        },
        [
            Goal.at_least(f"{ONE}, events a second", LEAST, one),
            Goal.at_least(f"{TWO}, events a second", LEAST_OF_TWO, two),
            Goal.at_least(f"{ARCHIVE_TWO}, events a second", LEAST_FROM_ARCHIVE, from_archive),
            Goal.at_least(f"{ONE}, beside {READING}", LEAST_OF_READING, reading),
            Goal.at_least(f"{ONE}, beside {RUNNER}", LEAST_OF_RUNNER, runner),
            Goal.at_most("memory of a worker, MB", MOST_MB, max(ours[n]["memory_mb"] for n in OURS)),
        ],
    )
