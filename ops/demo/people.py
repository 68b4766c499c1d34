"""Generated people for anonymous households: the source has none, so names, e-mail and phone are made up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faker import Faker

SEED = 2017
AREAS = (
    *(202, 212, 213, 214, 216, 303, 305, 312, 314, 404, 407, 412, 414, 415, 503),
    *(504, 505, 512, 513, 602, 612, 614, 615, 617, 619, 702, 704, 713, 801, 808),
)
"""Area codes of the United States; in each, a hundred numbers (555-0100 to 0199) are kept for fiction."""


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up member of a household; the same at every run."""

    household: int
    given: str
    family: str
    email: str
    phone: str
    card: str


def people(households: Iterable[int]) -> Iterator[Person]:
    """One person for each household, with an e-mail address, a phone number and a loyalty card of its own."""
    fake = Faker("en_US")
    for household in households:
        fake.seed_instance(SEED * 10_000 + household)
        given, family = fake.first_name(), fake.last_name()
        yield Person(
            household,
            given,
            family,
            f"{given}.{family}.{household}@example.com".lower().replace(" ", ""),
            f"+1{AREAS[household // 100 % len(AREAS)]}55501{household % 100:02}",
            f"29{household:08}",
        )
