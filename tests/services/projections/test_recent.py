"""The last interactions, kept one by one, are the last of all, in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.contacts.events.interactions import Direction
from services.contacts.events.words import Channel
from services.projections.customers.customer_360 import RECENT, Interaction, _with, recent

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def met(day: int, number: int) -> Interaction:
    at = BEGAN + timedelta(days=day)
    return Interaction(at, UUID(int=number), Direction.INBOUND, Channel.CALL, None, None)


@given(st.lists(st.integers(0, 6), max_size=3 * RECENT), st.randoms())
def test_one_by_one_or_all_at_once_the_same_are_kept(days: list[int], random: object) -> None:
    meetings = [met(day, number) for number, day in enumerate(days)]
    random.shuffle(meetings)  # type: ignore[attr-defined]
    kept: tuple[Interaction, ...] = ()
    for meeting in meetings:
        kept = _with(kept, meeting)
    assert kept == recent(meetings)
