"""What is compared of a person: every value in its one spelling, empty where it is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lib.identifiers import IdentifierKind
from lib.names import searchable

EVERYWHERE = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
"""Kinds that mean the same whoever has them on file; a card's number or another system's id does not."""

Known = tuple[IdentifierKind, str]
"""A verified identifier: its kind and its one spelling, or a keyed digest of that."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as it is compared. `birth` is eight digits, year first; `number` is the house's."""

    given: str = ""
    family: str = ""
    birth: str = ""
    street: str = ""
    number: str = ""
    postal_code: str = ""
    city: str = ""
    identifiers: frozenset[Known] = frozenset()


def person(
    *,
    given: str | None = None,
    family: str | None = None,
    birth: str | None = None,
    street: str | None = None,
    postal_code: str | None = None,
    city: str | None = None,
    verified: Iterable[Known] = (),
) -> Person:
    """As written by people; `street` with its house number, `birth` as a date of ISO 8601.

    Only verified identifiers may be given: whoever adds another's address without proof gets nothing by it.
    Of these, those are kept that mean the same EVERYWHERE.
    """
    day = re.sub(r"\D", "", birth or "")
    words = searchable(street or "").split()
    numbers = [word for word in words if word[0].isdigit()]
    return Person(
        searchable(given or ""),
        searchable(family or ""),
        day if len(day) == 8 else "",
        " ".join(word for word in words if not word[0].isdigit()),
        numbers[0] if numbers else "",
        searchable(postal_code or "").replace(" ", ""),
        searchable(city or ""),
        frozenset(known for known in verified if known[0] in EVERYWHERE),
    )
