"""Connections that are reset, or that swallow what is said, between every two parts."""

from __future__ import annotations

import asyncio
from random import Random

from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System

RESETS = 5
SECONDS_SWALLOWED = 4.0

PAIRS = {
    "contacts and PostgreSQL": ("contacts", "postgres"),
    "sales and PostgreSQL": ("sales", "postgres"),
    "the relay and PostgreSQL": ("contacts_relay", "postgres"),
    "the relay and Kafka": ("contacts_relay", "kafka"),
    "sales' relay and PostgreSQL": ("sales_relay", "postgres"),
    "sales' relay and Kafka": ("sales_relay", "kafka"),
    "the worker and Kafka": ("worker", "kafka"),
    "the worker and PostgreSQL": ("worker", "postgres"),
    "the reaction and Kafka": ("sales_react", "kafka"),
    "the reaction and PostgreSQL": ("sales_react", "postgres"),
    "views and PostgreSQL": ("views", "postgres"),
    "callers and contacts": ("client", "contacts"),
    "callers and sales": ("client", "sales"),
    "callers and views": ("client", "views"),
}
"""Who speaks with whom."""


def reset(pair: str) -> Fault:
    """Every connection of one of PAIRS ends with an error, some times, at any moment."""

    async def inject(system: System, load: Load, random: Random) -> int:
        for _ in range(RESETS):
            system.wires[PAIRS[pair]].reset()
            await asyncio.sleep(random.uniform(0.05, 0.5))  # so that what was lost is partly made up for
        return RESETS

    return Fault(f"connections reset between {pair}", inject)


def swallowed(pair: str) -> Fault:
    """Nothing passes between one of PAIRS, and nobody is told; what is connected then stays lost for good."""

    async def inject(system: System, load: Load, random: Random) -> int:
        wire = system.wires[PAIRS[pair]]
        wire.swallow()
        try:
            await asyncio.sleep(SECONDS_SWALLOWED)  # that long is the fault
        finally:
            wire.mend()
        return 1

    return Fault(f"connections swallowed between {pair}", inject)
