"""How long the manager waits before it starts again what cannot stay up; the manager itself loads this."""

import time

from supervisor.events import ProcessStateBackoffEvent, subscribe

LONGEST = 30
"""Seconds. The manager's own pause is a second longer after every failure, and has no end."""


def limit(manager: object) -> object:
    """Holds every pause of this manager to LONGEST; what it gives is an interface without methods."""
    subscribe(ProcessStateBackoffEvent, _shorten)
    return object()


def _shorten(event: ProcessStateBackoffEvent) -> None:
    event.process.delay = min(event.process.delay, time.time() + LONGEST)
