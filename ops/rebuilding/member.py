"""One of the processes that fill a version: takes the partitions that it is told, one after the other.

It hears on standard input and answers on standard output, a line each: first that it can be asked. After
every batch it waits for an
empty line; where none comes any more, whoever started it is gone, and it ends.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiokafka.errors import KafkaError

import kernel.settings
from kernel.archive.format.files import Unfit
from kernel.database import DatabaseAway, connect_pool
from kernel.garbage import collect_when_told
from kernel.settings import Settings
from kernel.taking import generations
from kernel.vault.vault import Vault
from kernel.view.building.build import build
from kernel.view.building.filling import Missing, Overtaken
from kernel.view.building.topics import NoTopic
from kernel.view.view import View
from ops.rebuilding.sources import source
from ops.settings import kafka_away
from services.projections.app import VIEWS


class Answer(msgspec.Struct, omit_defaults=True):
    """A line: records of a batch that were taken, a partition that is filled, or why it cannot go on."""

    taken: int = 0
    filled: int | None = None
    failed: str | None = None


class Alone(Exception):
    """Whoever started this process is gone."""


def tell(answer: Answer) -> None:
    """Says it to whoever started this process; raises Alone."""
    try:
        os.write(sys.stdout.fileno(), msgspec.json.encode(answer) + b"\n")  # whole: it is short
    except BrokenPipeError as error:
        raise Alone from error


async def _hearing() -> asyncio.StreamReader:
    heard = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin)
    return heard


async def work(settings: Settings, version: View[Any], at_once: int, archive: Path | None) -> None:
    """Fills partitions until no more is asked; raises what build() raises, and Alone."""
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, "projections_log", max_size=2, command_timeout=None)
        stack.push_async_callback(pool.close)
        vault = await Vault.open(settings) if version.personal else None
        if vault is not None:
            stack.push_async_callback(vault.close)
        names = await generations.topics(pool, settings, version.services)
        log = await stack.enter_async_context(source(settings, names, archive))
        heard = await _hearing()

        async def taken(records: int) -> None:
            tell(Answer(taken=records))
            if not await heard.readline():
                raise Alone

        tell(Answer())
        while line := (await heard.readline()).strip():
            await build(pool, version, vault, log, [int(line)], taken, at_once)
            gc.collect()  # the rows of a partition are gone now: little is left to look through
            tell(Answer(filled=int(line)))


def main(name: str, number: str, build: str, at_once: str, archive: str | None = None) -> int:
    view = next(view for view in VIEWS if (view.name, view.number) == (name, int(number)))
    collect_when_told()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # why it cannot go on, its answer says
    version, settings = replace(view, build=int(build)), kernel.settings.load()
    try:
        uvloop.run(work(settings, version, int(at_once), Path(archive) if archive else None))
    except Alone:
        return 1
    except (DatabaseAway, KafkaError, NoTopic, Unfit, Missing, Overtaken) as error:
        said = kafka_away(error, settings).message if isinstance(error, KafkaError) else str(error)
        with suppress(Alone):
            tell(Answer(failed=said))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
