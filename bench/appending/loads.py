"""Loads on a store: how many clients, how long, how rough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

HOT_STREAMS = 8

EVENTS_EACH = 10
"""A stream of a client's own gets so many events, then the client begins the next."""

TEXT = "a" * 300

Step = Literal["own", "two", "hot", "conflict", "repeat"]

MIX: tuple[Step, ...] = ("own", "own", "own", "own", "own", "two", "two", "hot", "conflict", "repeat")


@dataclass(frozen=True, slots=True)
class Load:
    """So many clients, each sending one command after the other.

    Hostile: of 10 commands 2 have two events, 1 goes to a stream that all clients write, 1 is first decided
    on an outdated version, and 1 is sent a second time.
    """

    clients: int
    seconds: float
    hostile: bool = False

    def steps(self, client: int) -> Callable[[], Step]:
        """What a client does next; the same sequence for every system that is measured."""
        random = Random(client)
        return (lambda: random.choice(MIX)) if self.hostile else (lambda: "own")
