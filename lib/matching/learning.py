"""Weights learnt without labels: expectation maximisation over how often each pattern of levels occurs.

Dempster, Laird & Rubin 1977, for the two classes of Fellegi & Sunter 1969 as in Winkler 1988: levels are
taken to be independent within a class, and what is unknown says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2, prod

from lib.matching.levels import LEVELS, Comparison, Level, Pattern
from lib.matching.model import Model

ONE_PAIR = 1.0
"""No level that was seen is held to be rarer than one pair of all."""
ROUNDS, STILL = 500, 1e-9
"""Ends when the share of true pairs moves by less than STILL of itself."""

Shares = dict[Comparison, dict[Level, float]]
"""How often a class of pairs reaches each level, among those where the comparison is possible."""

FIRST: dict[Comparison, dict[Level, tuple[float, float]]] = {
    Comparison.GIVEN: {
        Level.SAME: (0.8, 0.01),
        Level.CLOSE: (0.1, 0.01),
        Level.INITIAL: (0.01, 0.001),
        Level.DIFFERENT: (0.06, 0.978),
        Level.SWAPPED: (0.02, 0.0005),
        Level.MOVED: (0.01, 0.0005),
    },
    Comparison.FAMILY: {
        Level.SAME: (0.8, 0.01),
        Level.CLOSE: (0.1, 0.01),
        Level.INITIAL: (0.01, 0.001),
        Level.DIFFERENT: (0.09, 0.979),
    },
    Comparison.BIRTH: {
        Level.SAME: (0.9, 0.001),
        Level.CLOSE: (0.05, 0.001),
        Level.DECADES: (0.01, 0.001),
        Level.DIFFERENT: (0.04, 0.997),
    },
    Comparison.ADDRESS: {
        Level.SAME: (0.6, 0.001),
        Level.THREE: (0.2, 0.001),
        Level.TWO: (0.05, 0.001),
        Level.ONE: (0.05, 0.027),
        Level.DIFFERENT: (0.1, 0.97),
    },
    Comparison.IDENTIFIER: {
        Level.SAME: (0.8, 0.0001),
        Level.SHARED: (0.05, 0.001),
        Level.HOUSEHOLD: (0.05, 0.01),
        Level.DIFFERENT: (0.1, 0.9889),
    },
}
"""Shares of true pairs and of others: where learning begins, and what stays of levels that no pair reaches.

Identifiers stay so wherever the pairs have none: four in five true pairs share a verified one; one other pair
in ten thousand shares an e-mail address, as couples do, and one in a hundred a telephone.
"""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was found: the model, and the shares that its weights are made of."""

    model: Model
    true: Shares
    other: Shares


def learn(seen: Mapping[Pattern, float], true_share: float) -> Learnt:
    """From the patterns of all pairs of two sides, each with its number (a sample's pairs count for many).

    `true_share` is the first guess of how many of all pairs are true, as one over the larger side.
    """
    true, other = _first(0), _first(1)
    total = sum(seen.values())
    for _ in range(ROUNDS):
        expected = {
            pattern: number * _true(pattern, true, other, true_share) for pattern, number in seen.items()
        }
        share = sum(expected.values()) / total
        true = _shares(expected, true)
        other = _shares({pattern: number - expected[pattern] for pattern, number in seen.items()}, other)
        moved, true_share = abs(share - true_share), share
        if moved < STILL * share:
            break
    weights = {
        name: {level: round(log2(true[name][level] / other[name][level]), 2) for level in levels}
        for name, levels in LEVELS.items()
    }
    model = Model(weights=weights, prior=round(log2(true_share / (1 - true_share)), 2))
    return Learnt(model, true, other)


def _first(place: int) -> Shares:
    return {name: {level: both[place] for level, both in levels.items()} for name, levels in FIRST.items()}


def _true(pattern: Pattern, true: Shares, other: Shares, true_share: float) -> float:
    """The probability that a pair of this pattern is true (the E step)."""
    reached = [
        (name, level) for name, level in zip(Comparison, pattern, strict=True) if level in LEVELS[name]
    ]
    as_true = true_share * prod(true[name][level] for name, level in reached)
    as_other = (1 - true_share) * prod(other[name][level] for name, level in reached)
    return as_true / (as_true + as_other)


def _shares(numbers: Mapping[Pattern, float], former: Shares) -> Shares:
    """How often each level is reached (the M step)."""
    shares = {}
    for place, name in enumerate(LEVELS):
        counts: dict[Level, float] = {}
        for pattern, number in numbers.items():
            if pattern[place] in former[name]:
                counts[pattern[place]] = counts.get(pattern[place], 0.0) + number
        total = sum(counts.values())
        shares[name] = former[name] | {level: max(count, ONE_PAIR) / total for level, count in counts.items()}
    return shares
