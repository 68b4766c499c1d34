"""`bench latency`: from a command over HTTP to its effect in a view, at 200 and 1,000 commands a second.

Commands leave at their time, however slow the answers are, and everything counts from that time: until the
answer, until customer_360's checkpoint shows the event, and, for 20 commands a second, until the customer's
page has come that was asked for with the position of the answer.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from bench.calling.interactions import register, token_of
from bench.calling.open import OpenLoop, Seen
from bench.harness import MOST_SERVICE_MB, MOST_WORKER_MB, Figures, Goal, Report, Tell, in_rounds, latencies
from bench.stack import durable_postgres, kafka_beside, running_processes
from bench.watching import Sightings, watch
from bench.workers import Workers
from kernel.settings import Settings
from kernel.vault.keys import token_key
from ops.demo.arrival import until_shown
from services.projections.customers.customer_360 import CUSTOMER_360

RATES = (200, 1_000)
"""Commands a second."""
PAGES = 20
"""A second."""
SECONDS = 8.0
"""Of each rate in each round."""
MORE = 4.0
"""Seconds that are watched beyond: the warm-up, and what comes late."""

MOST_P50_MS, MOST_P99_MS = 7, 15

PROCESSES = ("contacts", "contacts_relay", "views", "worker")


def measure(rounds: int, tell: Tell) -> Report:
    with ExitStack() as stack:
        _, settings = stack.enter_context(durable_postgres())
        settings = stack.enter_context(kafka_beside(settings))
        processes = stack.enter_context(running_processes(settings))
        clients = stack.enter_context(Workers(1))
        processes.start_ours(settings, *PROCESSES)
        register(settings)
        asyncio.run(until_shown(settings, lambda _: None))
        figures, _ = in_rounds(rounds, partial(_round, settings, clients), tell)
        for name in PROCESSES:
            figures[name] = {"memory_mb": round(processes.memory_mb(name), 1)}
        processes.stop()
    return Report("latency", rounds, figures, {}, {}, _goals(figures))
