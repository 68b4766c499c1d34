"""Which contacts a search means, and in which order: pure, and as walks along an index, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from kernel.view import reading
from services.projections.customers.person import NAME, PERSON, Person, name_terms

SearchPlace = tuple[str, UUID]
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


def places(criteria: Criteria, person: Person) -> list[SearchPlace]:
    """Where the search comes upon this contact: under each word that begins with the leading one."""
    if not apply(criteria, person):
        return []
    if (leading := criteria.leading) is None:
        return [(person.sort_name, person.contact_id)]
    return [(term, person.contact_id) for term in name_terms(person) if term.startswith(leading)]


def first_place(criteria: Criteria, contacts: Iterable[Person]) -> SearchPlace | None:
    """Where a customer is shown: where the search first comes upon any of its contacts."""
    return min((place for person in contacts for place in places(criteria, person)), default=None)


async def walk(
    db: asyncpg.Connection, criteria: Criteria, after: SearchPlace | None, count: int
) -> Sequence[SearchPlace]:
    """The next `count` places of the search, in order; fewer: there are no more."""
    if criteria.leading is not None:
        return await _along_words(db, criteria, criteria.leading, after, count)
    return await _along_names(db, criteria, after, count)


ALONG_WORDS = """
SELECT term, contact_id FROM {table}
WHERE kind = $1 AND (term, contact_id) > ($2, $3) AND term < $4 {narrowed}
ORDER BY term, contact_id
LIMIT {count:d}"""

END = "\U0010ffff"
"""After every text that goes on from here: the last character."""


async def _along_words(
    db: asyncpg.Connection, criteria: Criteria, leading: str, after: SearchPlace | None, count: int
) -> Sequence[SearchPlace]:
    others = [word for word in criteria.words if word != leading]
    table, begin = await reading.live_terms(db, PERSON), after or (leading, NO_CONTACT)
    sql = ALONG_WORDS.format(table=table, narrowed=_holding("term", len(others), 5), count=count)
    rows = await db.fetch(sql, NAME, *begin, leading + END, *others)
    return [(row["term"], row["contact_id"]) for row in rows]


ALONG_NAMES = """
SELECT sort_name, contact_id FROM {table}
WHERE (sort_name, contact_id) > ($1, $2) {narrowed}
ORDER BY sort_name, contact_id
LIMIT {count:d}"""


async def _along_names(
    db: asyncpg.Connection, criteria: Criteria, after: SearchPlace | None, count: int
) -> Sequence[SearchPlace]:
    # Only what is asked stands in the statement, so that each way of asking goes along its own index.
    conditions = {
        "owner_id = ${}": criteria.owner_id,
        "team_id = ${}": criteria.team_id,
        "contact_id = ANY(${}::uuid[])": criteria.contacts,
    }
    ids = {condition: value for condition, value in conditions.items() if value is not None}
    narrowed = "".join(f" AND {condition.format(number)}" for number, condition in enumerate(ids, 3))
    narrowed += _holding("sort_name", len(criteria.words), 3 + len(ids))
    sql = ALONG_NAMES.format(table=await reading.live(db, PERSON), narrowed=narrowed, count=count)
    rows = await db.fetch(sql, *(after or ("", NO_CONTACT)), *ids.values(), *criteria.words)
    return [(row["sort_name"], row["contact_id"]) for row in rows]


def _holding(column: str, words: int, first: int) -> str:
    """The condition that each word, from parameter `first` on, begins a word of the column."""
    numbers = range(first, first + words)
    return "".join(f" AND strpos(' ' || {column}, ' ' || ${number}) > 0" for number in numbers)
