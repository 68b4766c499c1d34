"""The standard model's weights, learnt from febrl4 without its labels.

`python -m bench.linking.training` prints what stands in lib/matching/standard.py.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from math import log2

from bench.linking.sides import Sides, febrl4
from lib.matching.blocking import candidates
from lib.matching.comparisons import compare
from lib.matching.learning import learn
from lib.matching.levels import Comparison, Level, Pattern
from lib.matching.model import Model

SAMPLE, SEED = 500_000, 4
"""Pairs drawn from those that are no candidates, to stand for all of them."""
MOVING = 0.05
"""Of true pairs, those with two addresses: nobody in febrl4 moves, so that it cannot be learnt there."""


def patterns(sides: Sides) -> dict[Pattern, float]:
    """How many of all pairs of two sides have each pattern: candidates counted, the others by a sample."""
    worth = candidates(sides.left, sides.right)
    seen: Counter[Pattern] = Counter()
    for here, there in worth:
        seen[compare(sides.left[here], sides.right[there])] += 1
    drawn: Counter[Pattern] = Counter()
    draw, left, right = random.Random(SEED), list(sides.left), list(sides.right)
    while drawn.total() < SAMPLE:
        here, there = draw.choice(left), draw.choice(right)
        if (here, there) not in worth:
            drawn[compare(sides.left[here], sides.right[there])] += 1
    each = (len(left) * len(right) - len(worth)) / SAMPLE
    return {pattern: seen[pattern] + drawn[pattern] * each for pattern in sorted(seen.keys() | drawn.keys())}


def train() -> Model:
    sides = febrl4()
    learnt = learn(patterns(sides), 1 / max(len(sides.left), len(sides.right)))
    moved = round(log2(MOVING / learnt.other[Comparison.ADDRESS][Level.DIFFERENT]), 2)
    weights = learnt.model.weights
    address = weights[Comparison.ADDRESS] | {Level.DIFFERENT: moved}
    return replace(learnt.model, weights=weights | {Comparison.ADDRESS: address})


if __name__ == "__main__":
    model = train()
    for name, weights in model.weights.items():
        print(f"    Comparison.{name.name}: {{")
        for level, weight in weights.items():
            print(f"        Level.{level.name}: {weight},")
        print("    },")
    print(f"prior={model.prior}")
