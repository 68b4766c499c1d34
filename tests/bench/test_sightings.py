"""When a position was first seen."""

from __future__ import annotations

from bench.watching import Sightings


def test_a_position_is_seen_with_the_first_look_that_shows_it_or_a_later_one() -> None:
    sightings = Sightings({3: [(1, 10.0), (5, 11.0)]})
    assert [sightings.at(3, position) for position in (1, 2, 5, 6)] == [10.0, 11.0, 11.0, None]
    assert sightings.at(4, 1) is None
