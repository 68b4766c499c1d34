"""Waiting for what other processes do: told now and then, and ended where none of them does anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ops.advance import Advance
from ops.errors import CannotRun

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_UNTIL_TOLD = 1.0
SECONDS_WITHOUT_PROGRESS = 60.0


@dataclass
class Patience:
    """One thing that is waited for."""

    advance: Advance
    _left: int = -1
    _moved_at: float = 0.0

    async def wait(self, done: int, total: int, nothing: str, who: str = "") -> None:
        """Until it is time to look again.

        Tells `who` is waited for while nothing moves. Raises CannotRun with what `nothing` moved, and who
        should have, once that is so for too long.
        """
        if total - done != self._left:
            self._left, self._moved_at = total - done, self.advance.seconds
        still = self.advance.seconds - self._moved_at
        if still > SECONDS_WITHOUT_PROGRESS:
            raise CannotRun(f"{nothing} Nothing has moved for {SECONDS_WITHOUT_PROGRESS:.0f} s.")
        self.advance.now_and_then(done, total, who if still >= SECONDS_UNTIL_TOLD else "")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
