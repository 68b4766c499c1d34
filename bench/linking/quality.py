"""What a model makes of two sides: precision, recall and F1 of all its matches, and of those to share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from bench.linking.sides import Persons, Sides, febrl
from lib.matching import customers
from lib.matching.blocking import candidates
from lib.matching.customers import Contact
from lib.matching.grading import Grade
from lib.matching.model import Model
from lib.matching.pairs import Matching
from lib.matching.scoring import score


@dataclass(frozen=True, slots=True)
class Quality:
    """Of found pairs, beside the true ones."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed)


def quality(found: Iterable[tuple[object, object]], truth: Mapping[str, str]) -> Quality:
    pairs = set(found)
    right = len(pairs & truth.items())
    return Quality(right, len(pairs) - right, len(truth) - right)


def matched(model: Model, sides: Sides) -> Matching[str]:
    """Every person a customer of its own."""
    return customers.matched(model, _contacts(sides.left), _contacts(sides.right))


def _contacts(side: Persons) -> dict[str, Contact[str]]:
    return {name: Contact(whom, name) for name, whom in side.items()}


def both(matching: Matching[str], truth: Mapping[str, str]) -> tuple[Quality, Quality]:
    """Of all matches, and of those of the grade `share`."""
    return (
        quality(((match.left, match.right) for match in matching.matches), truth),
        quality(
            ((match.left, match.right) for match in matching.matches if match.grade is Grade.SHARE), truth
        ),
    )


def repeated(model: Model, number: str) -> Quality:
    """Of a febrl set in which persons stand several times: all pairs from the threshold on."""
    persons = febrl(number)
    truth = _same(persons)
    found = {
        (a, b)
        for a, b in candidates(persons, persons)
        if a < b and score(model, persons[a], persons[b]).reaches(model)
    }
    right = len(found & truth)
    return Quality(right, len(found) - right, len(truth) - right)


def _same(names: Iterable[str]) -> set[tuple[str, str]]:
    """Pairs of records of one person: `rec-<person>-org` and `rec-<person>-dup-<n>`."""
    by_person: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        by_person[name.split("-")[1]].append(name)
    return {pair for same in by_person.values() for pair in combinations(same, 2)}
