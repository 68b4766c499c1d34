"""What people ask a directory: as one types, letter by letter; then by all else that one knows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from bench.searching.crowd import email, owner_id, people, team_id
from lib.identifiers import Identifier, IdentifierKind

SEARCHED = 20
"""People of whom each is searched in every way."""


def searches() -> Iterator[dict[str, Any]]:
    """The bodies of POST /customers/search."""
    dice = random.Random(3)
    for number, person in enumerate(people(SEARCHED)):
        given, family = str(person.given), str(person.family)
        for letters in range(1, 6):
            yield {"words": family[:letters]}
            yield {"words": given[:letters]}
        yield {"words": f"{given} {family[:3]}"}
        yield {"words": f"{family} {given[:1]}"}
        yield {"words": given, "limit": 200}
        yield {"identifier": Identifier(kind=IdentifierKind.EMAIL, value=email(dice.randrange(100_000)))}
        yield {"owner_id": owner_id(number)}
        yield {"owner_id": owner_id(number), "words": given[:2]}
        yield {"team_id": team_id(number)}
        yield {}


def prefixes() -> Iterator[str]:
    """The first letters of family names, as `searches` types them."""
    for person in people(SEARCHED):
        yield from (str(person.family)[:letters].lower() for letters in range(1, 6))
