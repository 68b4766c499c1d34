"""Whether a probability means what it says: pairs by their posterior, and how many of them are true."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from bench.harness import Figures
from bench.linking.sides import Sides
from lib.matching.blocking import candidates
from lib.matching.model import Model
from lib.matching.scoring import score

BOUNDS = (0.0, 0.05, 0.5, 0.95, 0.99, 0.999, 0.99999, 1.0)


def calibration(model: Model, sides: Iterable[Sides], *, contradicted: bool) -> Figures:
    """Of candidates whom something contradicts, or of the others, by their probability."""
    seen = [
        (found.probability, side.truth.get(here) == there)
        for side in sides
        for here, there in candidates(side.left, side.right)
        if (found := score(model, side.left[here], side.right[there])).contradicted == contradicted
    ]
    figures: Figures = {}
    for low, high in pairwise(BOUNDS):
        within = [pair for pair in seen if low <= pair[0] < high or (high == 1 and pair[0] == 1)]
        if within:
            figures[f"{100 * low:g} to {100 * high:g} %"] = {
                "pairs": len(within),
                "said_per_cent": 100 * sum(probability for probability, _ in within) / len(within),
                "true_per_cent": 100 * sum(true for _, true in within) / len(within),
            }
    return figures
