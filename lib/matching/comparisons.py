"""How two persons are compared: five comparisons, each of which reaches one level or is not possible.

Parts of an address move together (who moves, moves with street, code and city; who shares a home, shares all
of them), so that they are one comparison; as four they would count the same evidence four times.
"""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from lib.identifiers import IdentifierKind
from lib.matching.levels import Level, Pattern
from lib.matching.person import Known, Person

CLOSE_NAME = 0.88
"""Jaro-Winkler similarity (Winkler 1990) from which two names are one with a slip of the pen."""
CLOSE_STREET, CLOSE_CITY = 80, 85
"""Per cent of letters in common, in any order of words."""
PERSONAL = frozenset({IdentifierKind.EMAIL})
"""Kinds that one person has for itself; a household shares telephones."""

_ALIKE = frozenset({Level.SAME, Level.CLOSE})
_PARTS = (Level.DIFFERENT, Level.ONE, Level.TWO, Level.THREE, Level.SAME)


def compare(a: Person, b: Person) -> Pattern:
    """Both ways round the same."""
    return (
        *_names(a, b),
        _birth(a.birth, b.birth),
        _address(a, b),
        _identifiers(a.identifiers, b.identifiers),
    )


def _names(a: Person, b: Person) -> tuple[Level, Level]:
    """Given and family name; where they changed places that is said once, of the given name."""
    given, family = _name(a.given, b.given), _name(a.family, b.family)
    if Level.DIFFERENT in (given, family) and _ALIKE.isdisjoint((given, family)):
        crosswise = _alike(a.given, b.family) + _alike(a.family, b.given)
        if crosswise:
            return (Level.SWAPPED if crosswise == 2 else Level.MOVED), Level.UNKNOWN
    return given, family


def _name(a: str, b: str) -> Level:
    if not a or not b:
        return Level.UNKNOWN
    if a == b:
        return Level.SAME
    if _alike(a, b):
        return Level.CLOSE
    return Level.INITIAL if a[0] == b[0] and min(len(a), len(b)) == 1 else Level.DIFFERENT


def _alike(a: str, b: str) -> bool:
    if not a or not b:
        return False
    return a == b or JaroWinkler.similarity(a, b) >= CLOSE_NAME or _letters_changed_places(a, b)


def _letters_changed_places(a: str, b: str) -> bool:
    return len(a) == len(b) and OSA.distance(a, b, score_cutoff=1) == 1 and sorted(a) == sorted(b)


def _birth(a: str, b: str) -> Level:
    if not a or not b:
        return Level.UNKNOWN
    if a == b:
        return Level.SAME
    if OSA.distance(a, b, score_cutoff=1) == 1 or (a[:4] == b[:4] and a[4:] == b[6:] + b[4:6]):
        return Level.CLOSE if abs(int(a[:4]) - int(b[:4])) < 10 else Level.DECADES
    return Level.DIFFERENT


def _address(a: Person, b: Person) -> Level:
    known = agreeing = 0
    if a.street and b.street:
        known += 1
        agreeing += _same_street(a.street, b.street)
    if a.city and b.city:
        known += 1
        agreeing += a.city == b.city or fuzz.ratio(a.city, b.city) >= CLOSE_CITY
    if a.postal_code and b.postal_code:
        known += 1
        agreeing += a.postal_code == b.postal_code or OSA.distance(a.postal_code, b.postal_code) == 1
    if a.number and b.number:
        known += 1
        agreeing += a.number == b.number
    return _PARTS[agreeing] if known > 1 else Level.UNKNOWN


def _same_street(a: str, b: str) -> bool:
    return a == b or fuzz.ratio(a, b) >= CLOSE_STREET or fuzz.token_sort_ratio(a, b) >= CLOSE_STREET


def _identifiers(a: frozenset[Known], b: frozenset[Known]) -> Level:
    if not a or not b:
        return Level.UNKNOWN
    both = a & b
    if any(kind in PERSONAL for kind, _ in both):
        return Level.SAME
    differing = not PERSONAL.isdisjoint({kind for kind, _ in a} & {kind for kind, _ in b})
    if both:
        return Level.HOUSEHOLD if differing else Level.SHARED
    return Level.DIFFERENT if differing else Level.UNKNOWN
