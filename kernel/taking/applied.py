"""What became of a batch that one taker was given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint, Place


@dataclass
class Applied:
    """Where the checkpoints are now, which places moved, where a record was missing, how many were taken."""

    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    moved: set[Place] = field(default_factory=set)
    gaps: set[Place] = field(default_factory=set)
    applied: int = 0
    parked: int = 0

    def add(self, other: Applied) -> Applied:
        """Both, one after the other."""
        self.checkpoints.update(other.checkpoints)
        self.moved |= other.moved
        self.gaps |= other.gaps
        self.applied += other.applied
        self.parked += other.parked
        return self


def places_of(arrivals: Iterable[Arrival]) -> set[Place]:
    """Where these came from."""
    return {(arrival.service, arrival.partition) for arrival in arrivals}
