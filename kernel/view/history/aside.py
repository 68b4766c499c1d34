"""What the versions that are read have set aside: parked, or dropped for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from kernel.taking.checkpoints import Connection
from kernel.view.view import View

EventPlace: TypeAlias = tuple[str, int, int]
"""Service, partition, position."""

Aside: TypeAlias = Mapping[str, Collection[EventPlace]]
"""By the view's name."""

ASIDE = """
SELECT v.name, p.service, p.partition, p.position FROM view v JOIN parked p ON p.taker = v.live
WHERE v.name = ANY($1::text[]) AND p.position IS NOT NULL
UNION ALL
SELECT v.name, d.service, d.partition, d.position FROM view v JOIN dropped d ON d.taker = v.live
WHERE v.name = ANY($1::text[]) AND d.position IS NOT NULL AND NOT d.ended"""


async def set_aside(db: Connection, views: Sequence[View[Any]]) -> Aside:
    """Of the organisation whose snapshot it is; a view that has set nothing aside is there with nothing."""
    found: dict[str, set[EventPlace]] = {view.name: set() for view in views}
    for name, *place in await db.fetch(ASIDE, list(found)):
        found[name].add(tuple(place))
    return found
