"""Waiting for what other processes do: told now and then, and ended where none of them does anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.errors import CannotRun

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_LINES = 2.0
SECONDS_WITHOUT_PROGRESS = 60.0

Say = Callable[[str], None]


@dataclass
class Patience:
    """One thing that is waited for."""

    say: Say
    began: float = field(default_factory=time.monotonic)
    _left: int = -1
    _moved_at: float = 0.0
    _told_at: float = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    async def wait(self, left: int, line: str, nothing: str) -> None:
        """Until it is time to look again; `left` events are to come.

        Raises CannotRun with what `nothing` moved, and who should have, once that is so for too long.
        """
        if left != self._left:
            self._left, self._moved_at = left, self.seconds
        if self.seconds - self._moved_at > SECONDS_WITHOUT_PROGRESS:
            raise CannotRun(f"{nothing} Nothing has moved for {SECONDS_WITHOUT_PROGRESS:.0f} s.")
        if self.seconds - self._told_at > SECONDS_BETWEEN_LINES:
            self._told_at = self.seconds
            self.say(line)
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
