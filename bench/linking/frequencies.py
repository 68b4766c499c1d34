"""What it would change to weigh a rare name more than a frequent one (Winkler 1989), told without labels.

The frozen model does not: an agreement would have to carry how often either side has each name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log2

from bench.linking.sides import Sides
from lib.matching.blocking import candidates
from lib.matching.levels import Level
from lib.matching.model import Model
from lib.matching.scoring import score


def by_frequency(model: Model, sides: Sides) -> dict[str, float]:
    """The errors that the posteriors themselves expect, without and with; and how many decisions differ."""
    persons = (*sides.left.values(), *sides.right.values())
    given = _gains(whom.given for whom in persons)
    family = _gains(whom.family for whom in persons)
    without = with_them = changed = 0.0
    for here, there in candidates(sides.left, sides.right):
        whom = sides.left[here]
        found = score(model, whom, sides.right[there])
        weight = found.weight
        weight += given[whom.given] if found.pattern[0] is Level.SAME else 0.0
        weight += family[whom.family] if found.pattern[1] is Level.SAME else 0.0
        probability = 1 / (1 + 2**-weight)
        without += min(found.probability, 1 - found.probability)
        with_them += min(probability, 1 - probability)
        changed += (weight >= model.enough) != (found.weight >= model.enough)
    return {"expected_errors": without, "expected_errors_by_frequency": with_them, "changed": changed}


def _gains(names: Iterable[str]) -> Mapping[str, float]:
    """Bits that an equal name weighs more than equal names do on average."""
    numbers = Counter(name for name in names if name)
    average = sum((number / numbers.total()) ** 2 for number in numbers.values())
    return {name: log2(average / (number / numbers.total())) for name, number in numbers.items()}
