"""Who keeps what is parked: every version of a view, and every reaction, each in its own schema."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.view import versions
from kernel.view.view import View
from ops.errors import CannotRun
from ops.pools import VIEWS_SCHEMA
from ops.takers.found import Logs, opened
from ops.takers.reactions import reactions
from services.projections.app import VIEWS


@dataclass(frozen=True)
class Keeper:
    """A version of a view or a reaction, with the database in which it keeps what it has parked."""

    name: str
    """As a taker."""
    where: str
    """The schema."""
    names: tuple[str, ...]
    """By which an operator may call it: a version also by its view's."""
    db: asyncpg.Pool
    logs: Logs
    """Every service's."""
    topics: str
    """What the names of topics begin with."""
    takes: View[Any] | Reaction[Any] | None
    """None where this program does not have the version's fold."""


@asynccontextmanager
async def keepers(settings: Settings, called: str | None = None) -> AsyncIterator[list[Keeper]]:
    """All of them, or those that are called so. Raises CannotRun."""
    async with opened(settings) as (db, logs):
        found = [
            Keeper(one.name, VIEWS_SCHEMA, (one.view, one.name), db, logs, settings.topics, one.fold)
            for one in await versions.every(db, VIEWS)
        ]
        found += [
            Keeper(name, service, (name,), logs[service], logs, settings.topics, one)
            for name, (service, one) in reactions().items()
        ]
        yield [one for one in found if called in (None, *one.names)] or _nobody(found, called)


def _nobody(known: Sequence[Keeper], called: str | None) -> list[Keeper]:
    names = ", ".join(sorted({one.names[0] for one in known}))
    raise CannotRun(f"there is no view or reaction {called}: it is one of {names}.")
