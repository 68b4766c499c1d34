"""Weights are found without labels, and stay where no pair shows anything."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from lib.matching.learning import FIRST, learn
from lib.matching.levels import LEVELS, Comparison, Level, Pattern

TRUE = {name: {level: both[0] for level, both in levels.items()} for name, levels in FIRST.items()}
OTHER = {name: {level: both[1] for level, both in levels.items()} for name, levels in FIRST.items()}
TRUE[Comparison.BIRTH] = dict(zip(TRUE[Comparison.BIRTH], (0.7, 0.15, 0.05, 0.1), strict=True))
OTHER[Comparison.FAMILY] = dict(zip(OTHER[Comparison.FAMILY], (0.05, 0.02, 0.01, 0.92), strict=True))


def drawn(number: int, true_share: float) -> Counter[Pattern]:
    """Patterns of pairs of which that share are true, from shares that learning does not begin with."""
    draw = random.Random(1)
    seen: Counter[Pattern] = Counter()
    for _ in range(number):
        shares = TRUE if draw.random() < true_share else OTHER
        given, family, birth, address = (
            draw.choices(list(shares[name]), list(shares[name].values()))[0] for name in list(Comparison)[:4]
        )
        seen[(given, family, birth, address, Level.UNKNOWN)] += 1
    return seen


def test_learning_finds_the_shares_that_pairs_were_drawn_from() -> None:
    learnt = learn(drawn(60_000, 0.1), true_share=0.01)
    assert learnt.true[Comparison.BIRTH][Level.SAME] == pytest.approx(0.7, abs=0.02)
    assert learnt.true[Comparison.BIRTH][Level.CLOSE] == pytest.approx(0.15, abs=0.02)
    assert learnt.other[Comparison.FAMILY][Level.SAME] == pytest.approx(0.05, abs=0.005)
    assert 1 / (1 + 2**-learnt.model.prior) == pytest.approx(0.1, abs=0.01)


def test_what_no_pair_has_keeps_the_weight_it_began_with() -> None:
    learnt = learn(drawn(5_000, 0.1), true_share=0.01)
    first = {level: both[0] for level, both in FIRST[Comparison.IDENTIFIER].items()}
    assert learnt.true[Comparison.IDENTIFIER] == first


def test_learning_begins_with_shares_of_every_level_that_come_to_one() -> None:
    for name, levels in FIRST.items():
        assert set(levels) == set(LEVELS[name])
        for place in (0, 1):
            assert sum(both[place] for both in levels.values()) == pytest.approx(1, abs=0.001)
