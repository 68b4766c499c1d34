"""Moments that a wish may name."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel.commands import Rejected

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of an honest caller may be ahead of ours."""


def check_past(moment: datetime, now: datetime, pointer: str) -> None:
    """Raises Rejected for what cannot have happened yet."""
    if moment > now + CLOCKS_DIFFER:
        raise Rejected("in-the-future", "This cannot have happened yet.", pointer)
