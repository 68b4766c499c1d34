"""What is compared, and what each comparison can find."""

from __future__ import annotations

from enum import StrEnum

COMPARED = 1
"""The number of this way of comparing. Weights belong to one way: whoever changes it, numbers it anew."""


class _Word(StrEnum):
    """Hashed as text is: an Enum's own hash is a function in Python, and costs as much as a comparison."""

    __hash__ = str.__hash__


class Comparison(_Word):
    GIVEN = "given name"
    FAMILY = "family name"
    BIRTH = "birth date"
    ADDRESS = "address"
    IDENTIFIER = "identifier"


class Level(_Word):
    """What a comparison found; UNKNOWN where a side has nothing to compare, and then it weighs nothing."""

    UNKNOWN = "unknown"
    DIFFERENT = "different"
    SAME = "same"
    CLOSE = "close"
    SWAPPED = "swapped"
    """Given and family name stand in each other's place."""
    MOVED = "moved"
    """One of the two names stands in the other's place, and that other is gone."""
    INITIAL = "initial"
    """One is the other's first letter."""
    DECADES = "decades apart"
    """A digit is different, and years differ by ten or more: as a slip would make it, and a parent."""
    ONE = "one part"
    TWO = "two parts"
    THREE = "three parts"
    SHARED = "shared"
    """An identifier that a household shares is the same, and of others nothing is known."""
    HOUSEHOLD = "household"
    """An identifier that a household shares is the same, and one that a person has for itself differs."""


_NAME = (Level.SAME, Level.CLOSE, Level.INITIAL, Level.DIFFERENT)
LEVELS: dict[Comparison, tuple[Level, ...]] = {
    Comparison.GIVEN: (*_NAME, Level.SWAPPED, Level.MOVED),
    Comparison.FAMILY: _NAME,
    Comparison.BIRTH: (Level.SAME, Level.CLOSE, Level.DECADES, Level.DIFFERENT),
    Comparison.ADDRESS: (Level.SAME, Level.THREE, Level.TWO, Level.ONE, Level.DIFFERENT),
    Comparison.IDENTIFIER: (Level.SAME, Level.SHARED, Level.HOUSEHOLD, Level.DIFFERENT),
}
"""The levels that each comparison can reach, beside UNKNOWN."""

IN_ORDER = tuple(Comparison)
"""The comparisons of a pattern."""
Pattern = tuple[Level, Level, Level, Level, Level]
"""The level of each comparison."""
