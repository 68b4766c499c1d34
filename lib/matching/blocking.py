"""Which pairs are worth comparing: two persons are candidates when they have a blocking key in common.

Each key joins parts that different slips spoil, and none is a single common name, so that a key stands for
few persons however many there are. Whoever stores keys digests them first: they hold personal values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeVar

from lib.matching.person import Person

Id = TypeVar("Id")

MOST_SHARING = 100
"""A key that more persons of a side have than this finds nobody: it tells none of them from the others."""


def candidates(left: Mapping[Id, Person], right: Mapping[Id, Person]) -> set[tuple[Id, Id]]:
    """The pairs worth comparing."""
    there = _having(right)
    return {
        pair
        for key, few in _having(left).items()
        if len(few) <= MOST_SHARING >= len(there[key])
        for pair in product(few, there[key])
    }


def _having(side: Mapping[Id, Person]) -> defaultdict[str, list[Id]]:
    having: defaultdict[str, list[Id]] = defaultdict(list)
    for one, whom in side.items():
        for key in blocking_keys(whom):
            having[key].append(one)
    return having


def blocking_keys(person: Person) -> frozenset[str]:
    """At most ten, and one for each verified identifier."""
    return frozenset("|".join(parts) for parts in _keys(person) if all(parts))


def _keys(person: Person) -> Iterator[tuple[str, ...]]:
    given, family, birth = person.given, person.family, person.birth
    postal_code, number = person.postal_code, person.number
    first, second = sorted((given, family))  # whichever stands where
    digits = "".join(sorted(postal_code))  # two of them change places often
    city = person.city.replace(" ", "")[:4]
    words = person.street.split()
    yield "birth", birth
    yield "names", *sorted((_letters(given), _letters(family)))
    yield "year", first, second, birth[:4]
    yield "initials", first[:1] + second[:1], digits
    yield "given", given[:3], postal_code
    yield "family", family[:3], postal_code
    yield "place", first, second, city
    yield "house", number, digits
    yield "street", " ".join(sorted(words)[:2]), number
    yield "word", max(words, key=len, default=""), city
    for kind, value in person.identifiers:
        yield "identifier", kind, value


def _letters(name: str) -> str:
    """Which letters it has: the same when they change places or are written twice."""
    return "".join(sorted(set(name) - {" "}))
