"""Persons drawn at random from the names and addresses of febrl4's first side, each time the same ones."""

from __future__ import annotations

import random
from dataclasses import replace

from bench.linking.sides import read_febrl
from lib.identifiers import IdentifierKind
from lib.matching.person import Known, Person, person
from lib.names import searchable

OWN_PHONE = 0.6
"""Persons with a telephone of their own; the others give the household's."""

STREETS = 40
"""Of a suburb."""


class Draw:
    """What a household is drawn from; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows = list(read_febrl("4a").values())
        self.numbers = 0

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def name(self, which: str, other_than: str = "") -> str:
        while True:
            name = searchable(self.random.choice(self.rows)[which])
            if name and name != other_than:
                return name

    def born(self, first: int, last: int) -> str:
        year, month, day = (self.random.randint(*span) for span in ((first, last), (1, 12), (1, 28)))
        return f"{year}{month:02}{day:02}"

    def at(self, whom: Person) -> Person:
        row = self.random.choice(self.rows)
        street = " ".join((row["street_number"], row["address_1"], row["address_2"]))
        there = person(street=street, postal_code=row["postcode"], city=row["suburb"])
        return _move(whom, there)

    def housed(self, whom: Person) -> Person:
        """In one of 150 houses of one of the STREETS that each suburb has, which others live in too."""
        place = self.random.randrange(len(self.rows))
        street = (place + self.random.randrange(STREETS)) % len(self.rows)
        row, names = self.rows[place], self.rows[street]
        there = person(
            street=f"{self.random.randint(1, 150)} {names['address_1']} {names['address_2']}",
            postal_code=row["postcode"],
            city=row["suburb"],
        )
        return _move(whom, there)

    def new(self, kind: IdentifierKind) -> Known:
        self.numbers += 1
        return kind, f"{self.numbers:08}"

    def identifiers(self, home: Known) -> frozenset[Known]:
        phone = self.new(IdentifierKind.PHONE) if self.happens(OWN_PHONE) else home
        return frozenset((self.new(IdentifierKind.EMAIL), phone))


def _move(whom: Person, there: Person) -> Person:
    return replace(
        whom, street=there.street, number=there.number, postal_code=there.postal_code, city=there.city
    )
