"""`republish`: what an operator asks of a service's topic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import click
from aiokafka.errors import KafkaError

from kernel.database import DatabaseAway, database_away
from kernel.failpoints import failpoint
from kernel.log.topics import existing
from kernel.settings import SERVICES, Settings
from ops.advance import Say
from ops.alone import alone
from ops.output import answer, json_option, progress
from ops.republishing.anew import make_anew
from ops.republishing.dropping import drop
from ops.republishing.leading import followed, lead
from ops.republishing.publishing import begin, published, unfinished
from ops.republishing.schemas import Schemas, opened
from ops.settings import away, kafka_away, load


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
@click.option(
    "--drop",
    "former",
    metavar="GENERATION",
    type=click.IntRange(1),
    help="Publish nothing; delete the topic of a former generation that nothing reads any more.",
)
@json_option
def command(service: str, former: int | None, as_json: bool) -> None:
    """Make a service's topic anew from its log, and lead everything that reads it there.

    For a topic that is lost or damaged, and for a database that was restored from a backup: wherever the
    topic holds what the log does not, commands are stopped until this is run. The relay, which has to run,
    publishes the whole log under the next generation; then views and reactions go on there, each at its next
    event. What had taken events that the log does not hold any more is made anew from it: such a view is read
    as it is until another version of it is built.

    The former topic stays until --drop. A run that was broken off goes on when it is given again.
    """
    settings = load()
    with progress() as say:
        if former is None:
            document = asyncio.run(_republish(settings, service, say))
        else:
            document = asyncio.run(_drop(settings, service, former))
    answer(document, text(document), as_json)


@asynccontextmanager
async def _working(settings: Settings, service: str) -> AsyncIterator[tuple[Schemas, asyncpg.Pool]]:
    """All schemas, and the service's own log, for one process at a time. Raises CannotRun."""
    try:
        with database_away():
            async with opened(settings) as schemas, schemas.pools[service].acquire() as mine:
                await alone(mine, "republish", service, f"the topic of {service} is being made anew")
                yield schemas, schemas.pools[service]
    except DatabaseAway as error:
        raise away(error) from error
    except KafkaError as error:
        raise kafka_away(error, settings) from error


async def _republish(settings: Settings, service: str, say: Say) -> dict[str, Any]:
    async with _working(settings, service) as (schemas, log):
        if not await unfinished(schemas, log, service):
            await begin(settings, schemas, log, service)
        failpoint("republish.begun")
        to = await published(settings, log, service, say)
        failpoint("republish.published")
        led = await lead(schemas, log, service, to)
        made = await make_anew(settings, schemas, service, say)
        await followed(schemas, service, to, say)
        former = [name for name in await existing(settings, service) if name != to.name]
        return {
            "service": service,
            "generation": to.generation,
            "topic": to.name,
            "events": to.events,
            "seconds": round(to.seconds, 1),
            "former_topics": former,
            "views_made_anew": made.versions,
            "views_waiting": made.waiting,
            "reactions_made_anew": led.reactions,
        }


async def _drop(settings: Settings, service: str, generation: int) -> dict[str, Any]:
    async with _working(settings, service) as (schemas, log):
        return {"dropped": await drop(settings, schemas, log, service, generation)}


def text(document: Mapping[str, Any]) -> str:
    """What was done, for a person."""
    if "dropped" in document:
        return f"{document['dropped']} is gone"
    lines = [
        f"{document['topic']} holds the log of {document['service']}: {document['events']:,} events, "
        f"published in {document['seconds']} s; every view and reaction goes on there"
    ]
    lines += [f"{name} is read now, in place of one with lost events" for name in document["views_made_anew"]]
    lines += [
        f"{name} remembers the log anew; commands that lost events had caused stay"
        for name in document["reactions_made_anew"]
    ]
    lines += [
        f"{name} still shows lost events: the topic of another service that it reads is to be made anew first"
        for name in document["views_waiting"]
    ]
    lines += [
        f"{name} stays until `./rapport republish {document['service']} --drop {name.rpartition('.g')[2]}`"
        for name in document["former_topics"]
    ]
    return "\n".join(lines)
