"""A caller whose journal names every command learns of whatever acted twice, or after it was refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kernel.log.store.append import Append, Write
from kernel.settings import Settings
from ops.acks import Acks
from tests.ops.verify.verifying import CALLER, ORG, World, event, faults, world


@pytest.fixture
async def log(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world(settings, postgres, tmp_path) as made:
        yield made


async def sent(log: World, *keys: str) -> None:
    with Acks(log.journal) as acks:
        for key in keys:
            acks.sent("contacts", ORG, CALLER, key)


async def unheard(log: World, stream: UUID, key: str | None) -> None:
    """A command is carried out, and its caller is not told."""
    write = Write(stream, "contact", stream, 0, (event(),))
    append = Append(org_id=ORG, caller=CALLER, key=key, digest=b"", writes=(write,), correlation_id=uuid4())
    await log.store.append(append)


async def test_a_command_that_was_answered_is_accounted_for(log: World) -> None:
    stream = uuid4()
    await sent(log, f"{stream} 0")
    await log.command(stream, 0, [event(), event()])
    report = await log.log(log.journal)
    assert faults(report) == {}
    assert report.figures["maybe"] == 0


async def test_a_command_without_an_answer_is_a_maybe_and_may_have_acted_once(log: World) -> None:
    await sent(log, "carried out", "never arrived")
    await unheard(log, uuid4(), "carried out")
    report = await log.log(log.journal)
    assert faults(report) == {}
    assert report.figures["maybe"] == 2


async def test_a_command_that_acted_twice_is_doubled(log: World) -> None:
    stream = uuid4()
    await sent(log, f"{stream} 0")
    await unheard(log, uuid4(), None)
    await log.command(stream, 0, [event()])
    assert faults(await log.log(log.journal)) == {"doubled": 1}


async def test_a_command_that_acted_although_it_was_refused_is_doubled(log: World) -> None:
    await sent(log, "refused")
    with Acks(log.journal) as acks:
        acks.refused("contacts", ORG, CALLER, "refused")
    await unheard(log, uuid4(), "refused")
    assert faults(await log.log(log.journal)) == {"doubled": 1}


async def test_of_a_caller_that_notes_only_answers_nothing_more_is_asked(log: World) -> None:
    await unheard(log, uuid4(), None)
    await log.command(uuid4(), 0, [event()])
    assert faults(await log.log(log.journal)) == {}
