"""While a relay or the worker stands still, no answer about the past lacks what was recorded by then."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ops.local import ports
from tests.conftest import Processes
from tests.journeys.town import Town


@contextmanager
def standing_still(processes: Processes, *command: str) -> Iterator[None]:
    """The process of this command is stopped and goes on afterwards, with its leases and connections."""
    (process,) = [one for one in processes.started if one.args[-len(command) :] == list(command)]
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.timeout(240)
async def test_whatever_stands_still_an_answer_about_the_past_is_whole_or_not_given(
    town: Town, processes: Processes
) -> None:
    person = {"kind": "person", "name": {"given": "Anna", "family": "Gruber"}}
    anna = await town.command("contacts", "/contacts", person)

    async def ask(as_of: str) -> httpx.Response:
        url = f"http://127.0.0.1:{town.settings.port['views']}/customers/{anna}"
        return await town.http.get(
            url, params={"as_of": as_of}, headers={"authorization": f"Bearer {town.token}"}
        )

    async def language(as_of: str) -> Any:
        async with asyncio.timeout(60):
            while (answer := await ask(as_of)).status_code == 503:
                pass
        assert answer.is_success, answer.text
        return answer.json()["preferences"]["language"]

    before = datetime.now(UTC).isoformat()
    assert await language(before) is None
    for command, spoken in ((("worker",), "fr"), (("relay", "contacts"), "it"), (("relay", "sales"), "sv")):
        with standing_still(processes, *command):
            await town.command("contacts", f"/contacts/{anna}/prefer-language", {"language": spoken})
            then = datetime.now(UTC).isoformat()
            for _ in range(2):
                answer = await ask(then)
                assert (answer.status_code, answer.headers.get("retry-after")) == (503, "1"), (
                    command,
                    answer.text,
                )
                assert answer.json()["type"] == "urn:rapport:problem:view-behind"
            assert (await ask(before)).status_code == 200
        assert await language(then) == spoken
    assert await language(before) is None

    # A version that is only now read is whole where it has come, and so is what a second worker follows.
    processes.start("worker", settings=town.settings.model_copy(update={"port": ports.automatic()}))
    rebuilding = processes.start("rebuild", "journal", "--switch", settings=town.settings)
    assert await asyncio.to_thread(rebuilding.wait, 60) == 0
    assert (await language(before), await language(then)) == (None, spoken)
    await town.command("contacts", f"/contacts/{anna}/prefer-language", {"language": "de"})
    assert await language(datetime.now(UTC).isoformat()) == "de"
