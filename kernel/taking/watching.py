"""What waits on the topics: how many records, for how long, and whether the consumer brings them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kernel.taking.checkpoints import Checkpoints, Place
from kernel.taking.taker import Taker

Followed: TypeAlias = Iterable[tuple[Taker, Checkpoints]]
"""Takers with how far they are."""


@dataclass
class Watch:
    """One consumer's places: where their topics end, and what of them its takers have yet to take."""

    clock: Callable[[], float] = time.time
    ends: dict[Place, int] = field(default_factory=dict)
    """The offset after the last record."""
    _lag: int = 0
    _taken: int = 0
    _still_since: float = 0.0
    """Since when there is a lag of which nothing was taken."""
    _waits_since: dict[tuple[str, Place], float] = field(default_factory=dict)
    """By taker and place, when the oldest record that waits was stored, or was not there yet."""

    def begin(self) -> None:
        """A new consumer begins; it is given its own time."""
        self._lag = 0

    def lag(self, taker: Taker, heads: Checkpoints) -> int:
        """How many records the taker has yet to take."""
        return sum(waits for _, _, waits in self._waiting(taker, heads))

    def age(self, taker: Taker, heads: Checkpoints) -> float:
        """Seconds for which the oldest of them has waited; 0 where there is none."""
        now = self.clock()
        waiting = (place for place, _, waits in self._waiting(taker, heads) if waits)
        stored = (self._waits_since.get((taker.taker, place), now) for place in waiting)
        return max(0.0, now - min(stored, default=now))

    def fetched(self, takers: Followed, first: Mapping[Place, tuple[int, float]]) -> None:
        """Records are in hand: offset and time (seconds since 1970) of the first of each place."""
        for taker, heads in takers:
            for place, taken, waits in self._waiting(taker, heads):
                offset, stored_at = first.get(place, (-1, 0.0))
                if waits and offset > taken:
                    self._waits_since[taker.taker, place] = stored_at

    def looked(self, takers: Followed, excused: bool = False) -> None:
        """Kafka told `ends` just now. `excused`: it is known why nothing is taken."""
        now = self.clock()
        waits_since: dict[tuple[str, Place], float] = {}
        lag = taken = 0
        for taker, heads in takers:
            for place, offset, waits in self._waiting(taker, heads):
                key = taker.taker, place
                waits_since[key] = self._waits_since.get(key, now) if waits else now
                lag, taken = lag + waits, taken + offset
        if excused or not self._lag or taken != self._taken:
            self._still_since = now
        self._waits_since, self._lag, self._taken = waits_since, lag, taken

    def stuck(self, seconds: float) -> bool:
        """Whether nothing was taken for so long since something waits."""
        return self._lag > 0 and self.clock() - self._still_since > seconds

    def _waiting(self, taker: Taker, heads: Checkpoints) -> Iterable[tuple[Place, int, int]]:
        """Place, offset of the last record taken, records behind it."""
        for (service, partition), end in self.ends.items():
            if service in taker.services and partition in heads:
                offset = heads[partition].head(service).offset
                yield (service, partition), offset, max(0, end - 1 - offset)
