"""When things happened, as callers say: their clocks may be ahead, but nothing is kept as of the future."""

from __future__ import annotations

from datetime import datetime, timedelta

from kernel.commands import Rejected

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of an honest caller may be ahead of ours."""

NOT_YET = "in-the-future", "This cannot have happened yet."
"""Code and sentence of the refusal."""


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether no honest clock can say so."""
    return moment > now + CLOCKS_DIFFER


def happened(moment: datetime | None, now: datetime, pointer: str) -> datetime:
    """When it was, by our clock; None: now. Raises Rejected for what cannot have happened yet."""
    if moment is None:
        return now
    if is_ahead(moment, now):
        raise Rejected(*NOT_YET, pointer)
    return min(moment, now)
