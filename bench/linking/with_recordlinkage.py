"""The peer `recordlinkage`: its comparisons and its unsupervised classifier, as in its guide to febrl."""

from __future__ import annotations

import pandas
from recordlinkage import Compare, ECMClassifier

from bench.linking.sides import Sides
from bench.linking.tables import one_to_one, table
from lib.matching.blocking import candidates

SIMILAR = 0.85


def matched(sides: Sides) -> set[tuple[str, str]]:
    """On the same candidates; weights learnt on these two sides, without labels."""
    left, right = table(sides.left), table(sides.right)
    pairs = pandas.MultiIndex.from_tuples(sorted(candidates(sides.left, sides.right)))
    compare = Compare(n_jobs=1)
    for column in ("given", "family", "street", "city"):
        compare.string(column, column, method="jarowinkler", threshold=SIMILAR, label=column)
    exact = ["birth", "number", "postal_code"]
    if any(whom.identifiers for whom in sides.left.values()):
        exact.append("email")
    for column in exact:
        compare.exact(column, column, label=column)
    features = compare.compute(pairs, left, right)
    classifier = ECMClassifier()
    classifier.fit(features)
    found = classifier.prob(features)
    return one_to_one((here, there, probability) for (here, there), probability in found.items())
