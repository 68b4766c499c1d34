"""Views and reactions led to the new topic in one transaction a schema, and watched until they are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from kernel.failpoints import failpoint
from kernel.log.reader import held
from kernel.reaction.anew import begin_anew
from kernel.taking import checkpoints
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.generations import Generation
from kernel.taking.moving import Lost, Taken, move
from kernel.taking.taker import Taker
from kernel.view.building import beside
from ops.advance import Advance, Say
from ops.patience import Patience
from ops.pools import VIEWS_SCHEMA
from ops.republishing.publishing import Published
from ops.republishing.schemas import Schemas

SHARED = "SELECT shared FROM mark ORDER BY partition"


@dataclass
class Led:
    """What had taken events that the log does not hold, by the names of versions and reactions."""

    views: list[str] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)


async def lead(schemas: Schemas, log: asyncpg.Pool, service: str, to: Published) -> Led:
    """Every schema that is not there yet, one after the other; `log` is the service's own."""
    led = Led()
    shared = [row["shared"] for row in await log.fetch(SHARED)]
    for schema, number in (await schemas.generations(service)).items():
        if number < to.generation:
            failpoint(f"republish.leading.{schema}")
            readers = [taker.taker for taker in await schemas.takers(schema, service)]
            async with schemas.pools[schema].acquire() as db, db.transaction():
                lost = await _move(db, log, service, to, readers)
                if schema == VIEWS_SCHEMA:
                    led.views += sorted(lost)
                    await beside.lose(db, list(lost))
                    continue
                for reaction, of in lost.items():
                    led.reactions.append(reaction)
                    await begin_anew(db, reaction, of, service, to.generation, shared)
    return led


async def _move(
    db: asyncpg.Connection, log: asyncpg.Pool, service: str, to: Published, readers: Collection[str]
) -> Lost:
    async def holds(taken: Collection[Taken]) -> set[Taken]:
        return {Taken(*one) for one in await held(log, taken)}

    return await move(db, service, Generation(to.generation, to.kept), readers, holds)


async def followed(schemas: Schemas, service: str, to: Published, say: Say) -> None:
    """Waits until every view and reaction has come to where the log was. Raises CannotRun."""
    patience, most = Patience(Advance(f"{to.name}, by views and reactions", say)), 0
    while behind := {
        taker: left
        for schema in schemas.pools
        for taker, left in (await _behind(schemas, schema, service, to)).items()
        if left
    }:
        left = sum(behind.values())
        most = max(most, left)
        await patience.wait(
            most - left,
            most,
            f"{', '.join(sorted(behind))} lack events of {to.name}: are `worker` and `react` running?",
            "`worker` and `react`",
        )


async def _behind(schemas: Schemas, schema: str, service: str, to: Published) -> Mapping[str, int]:
    takers: Sequence[Taker] = await schemas.takers(schema, service)
    found = await checkpoints.every(schemas.pools[schema], takers)
    return {taker: _left(of, service, to) for taker, of in found.items() if of}


def _left(of: Mapping[int, Checkpoint], service: str, to: Published) -> int:
    return sum(max(0, to.kept[n] - one.head(service).position) for n, one in of.items())
