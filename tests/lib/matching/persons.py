"""Persons that the tests compare, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lib.identifiers import IdentifierKind
from lib.matching import customers
from lib.matching.customers import Contact
from lib.matching.pairs import UNDECIDED, Decisions, Matching
from lib.matching.person import Person, person
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

PERSONS = st.builds(
    Person,
    given=st.sampled_from(["", "a", "anna", "ana", "gruber"]),
    family=st.sampled_from(["", "gruber", "grubr", "anna"]),
    birth=st.sampled_from(["", "19840517", "19840715", "19940517", "20010101"]),
    street=st.sampled_from(["", "lange gasse", "langegasse", "seeweg"]),
    number=st.sampled_from(["", "1", "12"]),
    postal_code=st.sampled_from(["", "1080", "1180"]),
    city=st.sampled_from(["", "wien", "graz"]),
    identifiers=st.frozensets(st.sampled_from([EMAIL, OTHER_EMAIL, PHONE])),
)
"""Persons with much in common."""


def known(whom: Person, *verified: tuple[IdentifierKind, str]) -> Person:
    return replace(whom, identifiers=frozenset(verified))


def matched(
    left: dict[str, Person], right: dict[str, Person], decisions: Decisions[str] = UNDECIDED
) -> Matching[str]:
    """Every contact a customer of its own."""
    return customers.matched(STANDARD, alone(left), alone(right), decisions)


def alone(side: dict[str, Person]) -> dict[str, Contact[str]]:
    return {name: Contact(whom, name) for name, whom in side.items()}
