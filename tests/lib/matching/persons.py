"""Persons that the tests compare, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lib.identifiers import IdentifierKind
from lib.matching.customers import Matching, Scored, match_customers
from lib.matching.person import Person, person
from lib.matching.scoring import score
from lib.matching.standard import STANDARD

EMAIL = (IdentifierKind.EMAIL, "anna@example.org")
OTHER_EMAIL = (IdentifierKind.EMAIL, "a.gruber@example.org")
PHONE = (IdentifierKind.PHONE, "+4315330100")

ANNA = person(
    given="Anna",
    family="Gruber",
    birth="1984-05-17",
    street="Lange Gasse 12",
    postal_code="1080",
    city="Wien",
)
SPOUSE = replace(ANNA, given="peter", birth="19820309")
TWIN = replace(ANNA, given="berta")
JUNIOR = replace(ANNA, birth="20090703")
STRANGER = person(
    given="Karl",
    family="Huber",
    birth="1951-11-30",
    street="Seeweg 3",
    postal_code="5310",
    city="Mondsee",
)
ELSEWHERE: dict[str, Any] = {"street": "seeweg", "number": "3", "postal_code": "5310", "city": "mondsee"}
"""Another address."""


def known(whom: Person, *verified: tuple[IdentifierKind, str]) -> Person:
    return replace(whom, identifiers=frozenset(verified))


def matched(left: dict[str, Person], right: dict[str, Person]) -> Matching:
    """Every contact a customer of its own, and every pair scored."""
    pairs = [Scored(a, b, score(STANDARD, left[a], right[b])) for a in left for b in right]
    return match_customers(STANDARD, pairs, {a: a for a in left}, {b: b for b in right})
