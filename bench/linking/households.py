"""A seeded set in which most of the other side are relatives: spouses, twins and juniors at the same address.

Names and addresses are drawn from febrl4's first side; all else is drawn here. Of a hundred persons that both
companies know, ten gave the other one another e-mail address, five moved, and each field may be misspelt.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial

from bench.linking.drawing import Draw
from bench.linking.sides import Persons, Sides
from lib.identifiers import IdentifierKind
from lib.matching.person import Person

SIZE, SEED = 4_000, 11
"""Households."""
RELATIVES = 0.6
"""Of the other side's persons."""
SLIPPED, UNKNOWN_BIRTH, MOVED, OTHER_EMAIL = 0.1, 0.1, 0.05, 0.1
INITIAL_ONLY, SWAPPED = 0.02, 0.02
SHARED_EMAIL, OTHER_FAMILY = 0.05, 0.15
"""Couples with one e-mail address; spouses of another family name."""


class Case(StrEnum):
    PRESENT = "right person present"
    ABSENT = "right person absent"


def households(case: Case, *, verified: bool, seed: int = SEED, size: int = SIZE) -> Sides:
    """The left side has one person of each household; the right one that person, relatives, or both.

    `verified`: everyone on either side has a verified e-mail address and telephone; else nobody has any.
    """
    draw = Draw(seed)
    left: Persons = {}
    right: Persons = {}
    truth: dict[str, str] = {}
    for number in range(size):
        home = draw.new(IdentifierKind.PHONE)
        whom = draw.at(Person(draw.name("given_name"), draw.name("surname"), draw.born(1930, 1990)))
        whom = replace(whom, identifiers=draw.identifiers(home))
        left[f"{number}"] = _known(draw, whom, verified)
        relatives = _how_many(draw, case, number)
        if case is Case.PRESENT or not relatives:
            right[f"{number} self"] = _known(draw, elsewhere(draw, whom), verified)
            truth[f"{number}"] = f"{number} self"
        for relative in draw.random.sample((_spouse, _twin, _junior), relatives):
            other = relative(draw, replace(whom, identifiers=draw.identifiers(home)))
            if relative is _spouse and draw.happens(SHARED_EMAIL):
                other = replace(other, identifiers=whom.identifiers)
            right[f"{number} {relative.__name__}"] = _known(draw, _misspelt(draw, other), verified)
    return Sides(left, right, truth)


def _how_many(draw: Draw, case: Case, number: int) -> int:
    """Relatives of a household, so that RELATIVES of the right side are some."""
    if case is Case.ABSENT:
        return int(draw.happens(RELATIVES))
    return 1 + number % 2  # beside one right person each: three relatives for two of those


def _spouse(draw: Draw, whom: Person) -> Person:
    year = int(whom.birth[:4])
    family = draw.name("surname") if draw.happens(OTHER_FAMILY) else whom.family
    given = draw.name("given_name", other_than=whom.given)
    return replace(whom, given=given, family=family, birth=draw.born(year - 10, year + 10))


def _twin(draw: Draw, whom: Person) -> Person:
    return replace(whom, given=draw.name("given_name", other_than=whom.given))


def _junior(draw: Draw, whom: Person) -> Person:
    year = int(whom.birth[:4])
    return replace(whom, birth=draw.born(year + 18, year + 40))


def _known(draw: Draw, whom: Person, verified: bool) -> Person:
    """As a company has it on file."""
    birth = "" if draw.happens(UNKNOWN_BIRTH) else whom.birth
    return replace(whom, birth=birth, identifiers=whom.identifiers if verified else frozenset())


def elsewhere(draw: Draw, whom: Person) -> Person:
    """The same person, as the other company wrote it down."""
    if draw.happens(OTHER_EMAIL):
        kept = {known for known in whom.identifiers if known[0] is not IdentifierKind.EMAIL}
        whom = replace(whom, identifiers=frozenset({*kept, draw.new(IdentifierKind.EMAIL)}))
    if draw.happens(MOVED):
        whom = draw.at(whom)
    if draw.happens(INITIAL_ONLY):
        whom = replace(whom, given=whom.given[:1])
    if draw.happens(SWAPPED):
        whom = replace(whom, given=whom.family, family=whom.given)
    return _misspelt(draw, whom)


def _misspelt(draw: Draw, whom: Person) -> Person:
    slip = partial(_slip, draw)
    return replace(
        whom,
        given=slip(whom.given),
        family=slip(whom.family),
        birth=slip(whom.birth),
        street=slip(whom.street),
        number=slip(whom.number),
        postal_code=slip(whom.postal_code),
        city=slip(whom.city),
    )


def _slip(draw: Draw, text: str) -> str:
    """Now and then a letter or digit is left out, written twice, another one, or changes places."""
    if len(text) < 2 or not draw.happens(SLIPPED):
        return text
    place = draw.random.randrange(len(text) - 1)
    if text.isdigit():
        wrong = draw.random.choice(
            (str(draw.random.randrange(10)) + text[place + 1], text[place + 1] + text[place])
        )
    else:
        wrong = draw.random.choice(
            (text[place], text[place] * 2 + text[place + 1], text[place + 1] + text[place])
        )
    return text[:place] + wrong + text[place + 2 :]
