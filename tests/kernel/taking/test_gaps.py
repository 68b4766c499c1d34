"""What is missing is looked for again."""

from kernel.taking.gaps import Gaps


def test_a_gap_is_looked_at_from_the_checkpoint_then_from_the_start_then_rarely() -> None:
    now = 0.0
    gaps, place = Gaps(clock=lambda: now), ("parcels", 3)
    looked = []
    for _ in range(4):
        gaps.found({place})
        looked.append((gaps.next_offset(place, 17), gaps.waits(place)))
    assert looked == [(17, False), (0, False), (17, True), (17, True)]
    assert gaps.places == [place]
    now = 60.0
    assert not gaps.waits(place)
    gaps.closed({place})
    assert gaps.places == []
