"""How far a long piece of work is, told now and then: so many of so many, how fast, how long it will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

SECONDS_BETWEEN_LINES = 2.0
SECONDS_UNTIL_ESTIMATE = 3.0
"""Of work: what it begins with tells too little of how long the rest will take."""

Say = Callable[[str], None]


@dataclass
class Advance:
    """One piece of work. What is to be done may grow meanwhile."""

    name: str
    say: Say
    unit: str = "events"
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _first: tuple[int, int, float] | None = None
    """Done, left and when, as it was last told before anything moved."""
    _due: float = float("-inf")

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self.clock() - self._began

    def due(self) -> bool:
        """Whether it is time for another line; whoever hears so tells one."""
        if self.seconds < self._due:
            return False
        self._due = self.seconds + SECONDS_BETWEEN_LINES
        return True

    def now_and_then(self, done: int, total: int, waits_for: str = "") -> None:
        """Says a line where one is due."""
        if self.due():
            self.tell(done, total, waits_for)

    def tell(self, done: int, total: int, waits_for: str = "") -> None:
        """Says a line; how fast it is only while it does anything."""
        left, line = max(0, total - done), f"{self.name}: {done:,} of {max(done, total):,} {self.unit}"
        if self._first is None or done == self._first[0] or waits_for:
            self._first = done, left, self.seconds
            self.say(f"{line}, waits for {waits_for}" if waits_for else line)
            return
        before, left_before, then = self._first
        seconds = max(self.seconds - then, 0.001)
        rate, fewer = (done - before) / seconds, (left_before - left) / seconds
        line = f"{line}, {rate:,.{0 if rate >= 10 else 1}f}/s"
        if seconds >= SECONDS_UNTIL_ESTIMATE:
            line += f", {left / fewer:,.0f} s left" if fewer > 0 else ", no fewer are left"
        self.say(line)


def counting(name: str, total: int, unit: str, say: Say) -> Callable[[int], None]:
    """Tells now and then how much of a work is done whose size is known; called with how many more are."""
    advance, done = Advance(name, say, unit), 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        advance.now_and_then(done, total)

    more(0)
    return more
