"""The versions of views that the database holds: which are followed, and which one of each is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kernel.taking.checkpoints import Connection
from kernel.view.view import View

ALL = """
SELECT r.name, r.view, r.number, r.build, r.state, r.name = v.live AS live,
    r.created_at, r.began_at, r.built_at, r.worked, r.read_at
FROM view_version r JOIN view v ON v.name = r.view
ORDER BY r.view, r.number, r.build"""


LOST = "lost"


@dataclass(frozen=True)
class Version:
    """One filling of one version of a view."""

    name: str
    """Of its table."""
    view: str
    number: int
    build: int
    state: str
    """wanted, building, followed, lost or leaving."""
    live: bool
    """Whether it is the one that is read."""
    created_at: datetime
    began_at: datetime | None
    built_at: datetime | None
    """When it first lacked nothing. None, both, where workers have followed it from the log's beginning."""
    worked: float
    """Seconds that were spent on filling it."""
    read_at: datetime | None
    """When it was last switched to; None: never."""
    fold: View[Any] | None
    """None where this program does not have it."""

    @property
    def followed_since(self) -> datetime | None:
        """Its making, where workers have followed it from the log's beginning: nobody ever filled it."""
        return None if self.began_at or self.state == "wanted" else self.created_at


async def every(db: Connection, folds: Iterable[View[Any]]) -> list[Version]:
    """Every version of every view, with those of these folds and of their former ones."""
    known = {(fold.name, fold.number): fold for view in folds for fold in view.folds}
    found = []
    for row in await db.fetch(ALL):
        fold = known.get((row["view"], row["number"]))
        found.append(Version(**row, fold=fold and replace(fold, build=row["build"])))
    return found


async def followed(db: Connection, folds: Iterable[View[Any]]) -> tuple[View[Any], ...]:
    """Every version that workers keep up to date and one of these folds can."""
    there = await every(db, folds)
    return tuple(one.fold for one in there if one.state == "followed" and one.fold is not None)


async def shown(db: Connection, folds: Iterable[View[Any]]) -> tuple[View[Any], ...]:
    """The same, and those that are read though nobody keeps them up to date: they were lost."""
    there = await every(db, folds)
    return tuple(one.fold for one in there if (one.live or one.state == "followed") and one.fold is not None)


async def live(db: Connection, view: View[Any]) -> View[Any] | None:
    """The version that is read, if this fold or a former one made it."""
    return live_of(await every(db, [view]), view)


def live_of(there: Iterable[Version], view: View[Any]) -> View[Any] | None:
    """The same, of all that is there."""
    return next((one.fold for one in there if one.live and one.view == view.name), None)


def stale(there: Iterable[Version], view: View[Any]) -> bool:
    """Whether the view is read as a former program folded it, or shows what a restored log lost."""
    return any(
        one.live and one.view == view.name and (one.number < view.number or one.state == LOST)
        for one in there
    )


def waiting(there: Iterable[Version], view: View[Any]) -> Version | None:
    """The newest filled one that waits to be read: of this fold in a stale one's place, or never read yet."""
    mine = [one for one in there if one.view == view.name]
    ready = [one for one in mine if one.number == view.number and one.state == "followed" and not one.live]
    found = [one for one in ready if stale(mine, view) or (one.began_at and one.read_at is None)]
    return found[-1] if found else None
