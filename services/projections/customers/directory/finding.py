"""Which contacts a search means, and in which order: pure, and as walks along an index, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from kernel.view import reading
from services.projections.customers.person import NAME, PERSON, Person, name_terms

Place = tuple[str, UUID]
"""Where a contact stands in the order of a search: the text by which it is sorted, its id."""

NO_CONTACT = UUID(int=0)


@dataclass(frozen=True)
class Criteria:
    """What all has to apply to a contact. `words` in their searchable spelling; `contacts` None: any."""

    words: tuple[str, ...] = ()
    owner_id: UUID | None = None
    team_id: UUID | None = None
    contacts: frozenset[UUID] | None = None

    @property
    def leading(self) -> str | None:
        """The word along whose finds the search goes, the longest; None: it goes along the names."""
        narrowed = self.owner_id or self.team_id or self.contacts is not None
        return None if narrowed else max(self.words, key=len, default=None)


def apply(criteria: Criteria, person: Person) -> bool:
    """Whether the search means this contact."""
    return (
        (criteria.contacts is None or person.contact_id in criteria.contacts)
        and criteria.owner_id in (None, person.owner_id)
        and criteria.team_id in (None, person.team_id)
        and all(f" {word}" in f" {person.sort_name}" for word in criteria.words)
    )


def places(criteria: Criteria, person: Person) -> list[Place]:
    """Where the search comes upon this contact: under each word that begins with the leading one."""
    if not apply(criteria, person):
        return []
    if (leading := criteria.leading) is None:
        return [(person.sort_name, person.contact_id)]
    return [(term, person.contact_id) for term in name_terms(person) if term.startswith(leading)]


def first_place(criteria: Criteria, contacts: Iterable[Person]) -> Place | None:
    """Where a customer is shown: where the search first comes upon any of its contacts."""
    return min((place for person in contacts for place in places(criteria, person)), default=None)


async def walk(
    db: asyncpg.Connection, criteria: Criteria, after: Place | None, count: int
) -> Sequence[Place]:
    """The next `count` places of the search, in order; fewer: there are no more."""
    if criteria.contacts is not None:
        persons = await reading.rows(db, PERSON, [(contact,) for contact in criteria.contacts])
        every = sorted(place for person in persons.values() for place in places(criteria, person))
        return [place for place in every if after is None or place > after][:count]
    if criteria.leading is not None:
        return await _along_words(db, criteria, criteria.leading, after, count)
    return await _along_names(db, criteria, after, count)


ALONG_WORDS = f"""
SELECT term, contact_id FROM {{terms}}
WHERE kind = '{NAME}' AND (term, contact_id) > ($1, $2) AND term < $3
    AND NOT EXISTS (SELECT FROM unnest($4::text[]) word WHERE strpos(' ' || term, ' ' || word) = 0)
ORDER BY term, contact_id
LIMIT $5"""

END = "\U0010ffff"
"""After every text that goes on from here: the last character."""


async def _along_words(
    db: asyncpg.Connection, criteria: Criteria, leading: str, after: Place | None, count: int
) -> Sequence[Place]:
    sql = ALONG_WORDS.format(terms=await reading.live_terms(db, PERSON))
    begin = after or (leading, NO_CONTACT)
    rows = await db.fetch(sql, *begin, leading + END, criteria.words, count)
    return [(row["term"], row["contact_id"]) for row in rows]


ALONG_NAMES = """
SELECT sort_name, contact_id FROM {table}
WHERE (sort_name, contact_id) > ($1, $2) {narrowed}
    AND NOT EXISTS (SELECT FROM unnest($3::text[]) word WHERE strpos(' ' || sort_name, ' ' || word) = 0)
ORDER BY sort_name, contact_id
LIMIT $4"""


async def _along_names(
    db: asyncpg.Connection, criteria: Criteria, after: Place | None, count: int
) -> Sequence[Place]:
    # Only what is asked stands in the statement: each has an index of its own.
    asked = {"owner_id": criteria.owner_id, "team_id": criteria.team_id}
    values = {name: value for name, value in asked.items() if value is not None}
    narrowed = "".join(f" AND {name} = ${number}" for number, name in enumerate(values, 5))
    sql = ALONG_NAMES.format(table=await reading.live(db, PERSON), narrowed=narrowed)
    begin = after or ("", NO_CONTACT)
    rows = await db.fetch(sql, *begin, criteria.words, count, *values.values())
    return [(row["sort_name"], row["contact_id"]) for row in rows]
