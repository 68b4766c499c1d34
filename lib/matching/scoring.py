"""How much speaks for two persons being one, and whether that is about the person or the household."""

from __future__ import annotations

from dataclasses import dataclass

from lib.matching.comparisons import compare
from lib.matching.levels import COMPARED, IN_ORDER, Comparison, Level, Pattern
from lib.matching.model import Model
from lib.matching.person import Person

_AGREEING: dict[Comparison, frozenset[Level]] = {
    Comparison.GIVEN: frozenset({Level.SAME, Level.CLOSE, Level.SWAPPED}),
    Comparison.FAMILY: frozenset({Level.SAME, Level.CLOSE}),
    Comparison.BIRTH: frozenset({Level.SAME, Level.CLOSE}),
    Comparison.ADDRESS: frozenset({Level.SAME, Level.THREE}),
    Comparison.IDENTIFIER: frozenset({Level.SAME, Level.SHARED, Level.HOUSEHOLD}),
}


@dataclass(frozen=True, slots=True)
class Score:
    """`weight` in bits, with the model's prior in it; `probability` is the same as a posterior."""

    weight: float
    probability: float
    pattern: Pattern

    @property
    def agreeing(self) -> tuple[Comparison, ...]:
        """What may be told of a match: where both sides say the same, give or take a slip."""
        pairs = zip(IN_ORDER, self.pattern, strict=True)
        return tuple(name for name, level in pairs if level in _AGREEING[name])

    @property
    def personal(self) -> int:
        """In how many of those things that one person has for itself both sides agree."""
        given, _, birth, _, identifier = self.pattern
        return (
            (given in _AGREEING[Comparison.GIVEN])
            + (birth in _AGREEING[Comparison.BIRTH])
            + (identifier is Level.SAME)
        )

    @property
    def contradicted(self) -> bool:
        """Whether something that one person has for itself speaks against it: then it is a relative.

        People have several e-mail addresses, but one name and one birthday: where both of these are the
        same to the letter, another address is no contradiction.
        """
        given, _, birth, _, identifier = self.pattern
        if given is Level.DIFFERENT or birth is Level.DIFFERENT:
            return True
        if birth is Level.DECADES and identifier is not Level.SAME:
            return True
        return identifier in (Level.DIFFERENT, Level.HOUSEHOLD) and (given, birth) != (Level.SAME, Level.SAME)

    @property
    def certain(self) -> bool:
        """Whether two personal things agree and none contradicts: no relative has that."""
        return self.personal > 1 and not self.contradicted

    def own(self, model: Model) -> tuple[float, float, float]:
        """The bits of what one person has for itself, each apart: given name, birth date, identifier."""
        given, _, birth, _, identifier = self.pattern
        return (
            model.weights[Comparison.GIVEN].get(given, 0.0),
            model.weights[Comparison.BIRTH].get(birth, 0.0),
            model.weights[Comparison.IDENTIFIER].get(identifier, 0.0),
        )

    def reaches(self, model: Model) -> bool:
        """The threshold, and not by an identifier alone: whoever was handed a number is not who it was."""
        return self.weight >= model.enough and self.agreeing not in ((), (Comparison.IDENTIFIER,))


def score(model: Model, a: Person, b: Person) -> Score:
    """Both ways round the same; a ValueError for a model of another way of comparing."""
    if model.compared != COMPARED:
        raise ValueError(f"a model of comparisons {model.compared}; this compares as {COMPARED}")
    pattern = compare(a, b)
    weight = model.prior
    for name, level in zip(IN_ORDER, pattern, strict=True):
        weight += model.weights[name].get(level, 0.0)
    return Score(weight, 1 / (1 + 2**-weight), pattern)
