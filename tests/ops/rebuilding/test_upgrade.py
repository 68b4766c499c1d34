"""A fold is changed while a client polls: served as before, built beside, switched to, back, and dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from ops.local import ports
from tests.conftest import Processes
from tests.ops.rebuilding.polling import A_SECOND
from tests.ops.rebuilding.upgrading import Asking, command, upgraded

LEAST_OF_THEM = 4
"""One look in so many is answered also where others share the cores; on a calm machine nearly every one."""


@pytest.fixture
async def asking(
    settings: Settings, processes: Processes, token: Callable[[str, str], str]
) -> AsyncIterator[Asking]:
    """The former program, and one contact."""
    make_keys(Path(settings.keys))
    org = uuid4()
    async with httpx.AsyncClient(timeout=30) as http:
        asking = Asking(settings, http, token(str(org), "agent"), UUID(str(org)), settings.port["views"])
        for name, *arguments in (("serve", "contacts"), ("relay", "contacts"), ("serve", "views")):
            processes.start(name, *arguments, settings=settings)
        for port in (settings.port["contacts"], asking.port):
            await asking.ready(port)
        yield asking


@asynccontextmanager
async def busy(asking: Asking) -> AsyncIterator[None]:
    """Renamed, polled and searched for all the while; nothing of it ends."""
    begun = time.monotonic()
    work = [asyncio.create_task(ask()) for ask in (asking.rename, asking.poll, asking.find)]
    try:
        yield
        assert not any(task.done() for task in work), [task for task in work if task.done()]
        due = A_SECOND * (time.monotonic() - begun)
        print(f"{asking.polls:,} of {due:,.0f} looks answered")
        assert asking.polls > due / LEAST_OF_THEM
    finally:
        for task in work:
            task.cancel()
        await asyncio.wait(work)


@pytest.mark.timeout(300)
async def test_a_changed_fold_is_served_built_switched_to_and_back_and_nobody_who_asks_is_disturbed(
    asking: Asking, settings: Settings, processes: Processes, tmp_path: Path
) -> None:
    former_worker = processes.start("worker", settings=settings)
    await asking.register()
    later = upgraded(tmp_path / "later")
    async with busy(asking):
        await asking.until(lambda shown: shown["version"] > 5)
        assert await command(settings, later, "migrate")
        former_worker.terminate()
        processes.start("worker", settings=settings, checkout=later)
        elsewhere = settings.model_copy(update={"port": settings.port | {"views": ports.free(1)[0]}})
        processes.start("serve", "views", settings=elsewhere, checkout=later)
        await asking.ready(elsewhere.port["views"])
        asking.port = elsewhere.port["views"]
        version = (await asking.shown())["version"]
        await asking.until(lambda shown: shown["version"] > version + 5 and shown["renamed"] == 0)

        views = (await command(settings, later, "views"))["views"]
        assert [name for name, one in views.items() if one["wants_rebuild"]] == ["person__v1"]
        assert views["person__v2"]["state"] == "wanted"
        rebuilt = await command(settings, later, "rebuild", "--all-stale", "--compare", "--switch")
        person = rebuilt["views"]["person"]
        assert list(rebuilt["views"]) == ["person"]
        assert (person["live"], person["same"], person["left_out"]) == ("person__v2", True, ["renamed"])
        await asking.until(lambda shown: shown["renamed"] == shown["version"] - 1)
        assert await command(settings, later, "rebuild", "--all-stale") == {"views": {}, "same": True}

        assert await command(settings, later, "rebuild", "person", "--back") == {"live": "person__v1"}
        await asking.until(lambda shown: shown["renamed"] == 0)
        again = await command(settings, later, "rebuild", "--all-stale", "--switch")
        assert again["views"]["person"] == {"version": "person__v2", "parked": 0, "live": "person__v2"}
        assert await command(settings, later, "rebuild", "person", "--drop", "person__v1")
        await asking.until(lambda shown: shown["version"] > version + 20)
    assert asking.wrong == []
    assert [name for name in (await command(settings, later, "views"))["views"] if "person" in name] == [
        "person__v2"
    ]
    await command(settings, later, "verify")
