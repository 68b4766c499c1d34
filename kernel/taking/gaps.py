"""Where a record was missing, and when to look again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kernel.taking.checkpoints import Place

LONGEST_WAIT = 10.0


@dataclass
class Gaps:
    """A gap is looked at again from the checkpoint's offset, then from the topic's start, then rarely."""

    clock: Callable[[], float] = time.monotonic
    _times: dict[Place, int] = field(default_factory=dict)
    _until: dict[Place, float] = field(default_factory=dict)

    def closed(self, moved: set[Place]) -> None:
        """Something new was taken from these places."""
        for place in moved & self._times.keys():
            del self._times[place], self._until[place]

    def found(self, gaps: set[Place]) -> None:
        """Something was missing in these places."""
        for place in gaps:
            times = self._times[place] = self._times.get(place, 0) + 1
            wait = 0.0 if times < 3 else min(0.1 * 2.0**times, LONGEST_WAIT)
            self._until[place] = self.clock() + wait

    def next_offset(self, place: Place, checkpoint: int) -> int:
        """Where to look; the second time the offset itself is doubted."""
        return 0 if self._times.get(place) == 2 else checkpoint

    def waits(self, place: Place) -> bool:
        """Whether it is too early to look again."""
        return self._until.get(place, 0.0) > self.clock()

    def lasts(self, place: Place) -> bool:
        """Whether it is a gap still after a second look; the first may be a database that was set back."""
        return self._times.get(place, 0) > 1

    @property
    def places(self) -> list[Place]:
        """Where something is missing for good."""
        return sorted(filter(self.lasts, self._times))
