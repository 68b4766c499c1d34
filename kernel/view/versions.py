"""The versions of views that the database holds: which are followed, and which one of each is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kernel.taking.checkpoints import Connection
from kernel.view.view import View

FOLLOWED = "SELECT view, number, build FROM view_version WHERE state = 'followed' ORDER BY name"


LIVE = """
SELECT r.number, r.build FROM view v JOIN view_version r ON r.name = v.live WHERE v.name = $1"""


async def followed(db: Connection, folds: Iterable[View[Any]]) -> tuple[View[Any], ...]:
    """Every version that workers keep up to date and one of these folds can."""
    known = {(view.name, view.number): view for view in folds}
    return tuple(
        replace(known[name, number], build=build)
        for name, number, build in await db.fetch(FOLLOWED)
        if (name, number) in known
    )


async def live(db: Connection, view: View[Any]) -> View[Any] | None:
    """The version that is read, if it is a build of this one."""
    row = await db.fetchrow(LIVE, view.name)
    return replace(view, build=row["build"]) if row["number"] == view.number else None
