"""What the peers are given: the same persons as tables, and the same rule for one match at most of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas

from lib.identifiers import IdentifierKind
from lib.matching.blocking import blocking_keys
from lib.matching.person import Person

THRESHOLD = 0.95
COLUMNS = ("given", "family", "birth", "street", "number", "postal_code", "city")

Found = Iterable[tuple[str, str, float]]
"""Left, right, probability."""


def table(side: Mapping[str, Person]) -> pandas.DataFrame:
    """A row of each person: unknown values are null, `keys` are the blocking keys."""
    rows = [
        {
            "unique_id": name,
            **{column: getattr(whom, column) or None for column in COLUMNS},
            "email": next((value for kind, value in whom.identifiers if kind is IdentifierKind.EMAIL), None),
            "keys": sorted(blocking_keys(whom)),
        }
        for name, whom in side.items()
    ]
    return pandas.DataFrame(rows).set_index("unique_id", drop=False)


def one_to_one(found: Found) -> set[tuple[str, str]]:
    """Those from the threshold on where each is the other's best."""
    left: dict[str, tuple[float, str]] = {}
    right: dict[str, tuple[float, str]] = {}
    for here, there, probability in found:
        if probability >= THRESHOLD:
            left[here] = max(left.get(here, (0.0, "")), (probability, there))
            right[there] = max(right.get(there, (0.0, "")), (probability, here))
    return {(here, there) for here, (_, there) in left.items() if right[there][1] == here}
