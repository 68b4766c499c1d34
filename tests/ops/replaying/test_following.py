"""`replay --follow` goes on where a service's topic is made anew, or says why it cannot."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from kernel.log.topics import delete_topic, topic
from tests.ops.replaying.test_command import started
from tests.ops.republishing.test_command import corrected, document, lose, republish, running, shown
from tests.ops.verify.showing import CONTACTS, Shown

__all__ = ["running", "shown"]

SECONDS = 30.0

T = TypeVar("T")


class Follower:
    """`replay … --follow` of what corrected names."""

    def __init__(self, shown: Shown, source: str) -> None:
        settings = shown.log.settings
        self.process = started(settings, source, "--follow", "--type", "NameCorrected")

    async def places(self, lines: int) -> list[tuple[str, int]]:
        """Contact and version of so many events, as they are written."""
        assert self.process.stdout is not None
        read = self.process.stdout.readline
        found = [json.loads(await self._within(read)) for _ in range(lines)]
        return [(event["subject"], event["streamversion"]) for event in found]

    async def ended(self) -> tuple[int, list[bytes], str]:
        """Exit code, what it still wrote, and what it said."""
        out, said = await self._within(self.process.communicate)
        return self.process.returncode, out.splitlines(), said.decode()

    async def _within(self, work: Callable[[], T]) -> T:
        """What it says in time; what has waited too long would otherwise wait on after the test."""
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.to_thread(work)
        except TimeoutError:
            self.process.kill()
            raise


def expected(*versions: int) -> set[tuple[str, int]]:
    return {(str(contact), version) for contact in CONTACTS for version in versions}


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("asleep", [False, True])
async def test_whoever_follows_a_service_goes_on_with_the_next_event_on_the_next_generation(
    shown: Shown, asleep: bool
) -> None:
    follower = Follower(shown, "contacts")
    before = await follower.places(2 * len(CONTACTS))
    assert set(before) == expected(2, 4)
    if asleep:
        follower.process.send_signal(signal.SIGSTOP)
    assert republish(shown, failpoint="republish.begun").returncode == 137
    await corrected(shown, 4, "King")
    document(shown)
    assert republish(shown, "--drop", "1").returncode == 0
    follower.process.send_signal(signal.SIGCONT)
    await corrected(shown, 5, "Noel")
    after = await follower.places(2 * len(CONTACTS))
    assert (set(after), len(set(after))) == (expected(5, 6), len(after))
    follower.process.send_signal(signal.SIGINT)
    code, more, said = await follower.ended()
    former, now = (topic(shown.log.settings, "contacts", number) for number in (1, 2))
    assert (code, more) == (0, [])
    assert f"{former} goes on as {now}\n" in said


@pytest.mark.usefixtures("running")
async def test_whoever_has_read_what_a_restored_log_does_not_hold_is_told_so(
    shown: Shown, tmp_path: Path
) -> None:
    follower = Follower(shown, "contacts")
    await lose(shown, tmp_path)
    assert set(await follower.places(4 * len(CONTACTS))) == expected(2, 4, 5, 6)
    await corrected(shown, 4, "Gordon")  # at the positions of those that were lost
    document(shown)
    code, more, said = await follower.ended()
    assert (code, more) == (2, [])
    assert "contacts was restored from a backup" in said
    assert "begin anew with `./rapport replay contacts`" in said


@pytest.mark.usefixtures("running")
async def test_whoever_follows_a_topic_by_its_name_is_told_once_it_is_gone(shown: Shown) -> None:
    name = topic(shown.log.settings, "contacts", 1)
    follower = Follower(shown, name)
    await follower.places(2 * len(CONTACTS))
    await delete_topic(shown.log.settings, name)
    code, more, said = await follower.ended()
    assert (code, more) == (2, [])
    assert f"{name} is gone: `./rapport replay contacts` reads the present one." in said
