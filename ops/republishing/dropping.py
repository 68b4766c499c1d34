"""The topic of a former generation, deleted once nothing can be reading it."""

from __future__ import annotations

import asyncpg

from kernel.log.relay.marks import generation as now
from kernel.log.topics import delete_topic, existing, topic
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.republishing.schemas import Schemas


async def drop(settings: Settings, schemas: Schemas, log: asyncpg.Pool, service: str, generation: int) -> str:
    """The name of what was deleted. Raises CannotRun."""
    name = topic(settings, service, generation)
    if name not in await existing(settings, service):
        raise CannotRun(f"there is no topic {name}.")
    current = await now(log)
    if generation == current:
        raise CannotRun(
            f"{name} is the topic of now: `./rapport republish {service}` makes another one first."
        )
    reading = [
        schema for schema, taken in (await schemas.generations(service)).items() if taken <= generation
    ]
    if generation < current and reading:
        raise CannotRun(
            f"{name} is still read by what is in the schemas {', '.join(reading)}: "
            f"run `./rapport republish {service}` to its end first."
        )
    await delete_topic(settings, name)
    return name
