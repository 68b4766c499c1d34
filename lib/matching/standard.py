"""The standard model: learnt from febrl4 without labels, by `python -m bench.linking.training`."""

from __future__ import annotations

from lib.matching.levels import Comparison, Level
from lib.matching.model import Model, Weights

_WEIGHTS: Weights = {
    Comparison.GIVEN: {
        Level.SAME: 7.77,
        Level.CLOSE: 6.01,
        Level.INITIAL: 3.32,
        Level.DIFFERENT: -3.43,
        Level.SWAPPED: 15.62,
        Level.MOVED: 2.78,
    },
    Comparison.FAMILY: {
        Level.SAME: 7.75,
        Level.CLOSE: 7.22,
        Level.INITIAL: 3.32,
        Level.DIFFERENT: -3.95,
    },
    Comparison.BIRTH: {
        Level.SAME: 15.07,
        Level.CLOSE: 4.74,
        Level.DECADES: 2.23,
        Level.DIFFERENT: -4.46,
    },
    Comparison.ADDRESS: {
        Level.SAME: 23.89,
        Level.THREE: 20.96,
        Level.TWO: 8.35,
        Level.ONE: -3.8,
        Level.DIFFERENT: -4.28,
    },
    Comparison.IDENTIFIER: {
        Level.SAME: 12.97,
        Level.SHARED: 5.64,
        Level.HOUSEHOLD: 2.32,
        Level.DIFFERENT: -3.31,
    },
}

STANDARD = Model(weights=_WEIGHTS, prior=-12.29)
"""For sides of a few thousand; `among` fits it to others."""
