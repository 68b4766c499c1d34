"""An open loop: commands leave at their time, whatever has become of those before them.

Some of them are followed by what a person would do: the page of the same customer is asked for, with the
position that the command was answered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import orjson

from bench.calling.closed import write_acks
from bench.calling.interactions import CONTACT_IDS, ORG, Interactions, get_page
from bench.calling.wire import Then, Wire
from kernel.web.positions import open_positions

WARM_UP = 1.0
"""Seconds before what is counted."""


class Sample(msgspec.Struct, frozen=True):
    """One command: seconds since the epoch of its time to leave and of its answer; where its event is."""

    due: float
    answered: float
    partition: int
    position: int


@dataclass(slots=True)
class Seen:
    """What came of the commands after the warm-up, and how long each page took from its command's time."""

    commands: list[Sample] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """So many commands a second, in a process of its own; every n-th is followed by its page."""

    contacts_port: int
    views_port: int
    token: str
    token_key: bytes
    acks: Path
    per_second: int
    seconds: float
    page_after: int

    def __call__(self) -> Seen:
        """Any refusal is an error."""
        run = _Run(self)
        with Wire() as run.wire:
            for number, due in enumerate(run.times()):
                while time.monotonic() < due:
                    run.wire.wait(due)
                run.send(number, due)
            run.wire.drain()
        write_acks(self.acks, run.answers)
        return run.seen


class _Run:
    wire: Wire

    def __init__(self, loop: OpenLoop) -> None:
        self._loop = loop
        self._commands = iter(Interactions(loop.token))
        self._epoch = time.time() - time.monotonic()
        self._start = time.monotonic() + WARM_UP
        self.seen = Seen()
        self.answers: list[tuple[str, bytes]] = []

    def times(self) -> Iterator[float]:
        """When each command leaves, by the monotonic clock."""
        begin = self._start - WARM_UP
        for number in range(int((self._loop.seconds + WARM_UP) * self._loop.per_second)):
            yield begin + number / self._loop.per_second

    def send(self, number: int, due: float) -> None:
        key, request = next(self._commands)

        def answered(status: int, body: bytes) -> None:
            now = time.monotonic()
            assert status == 200, (status, body)
            self.answers.append((key, body))
            if due >= self._start:
                self._note(number, due, now, orjson.loads(body)["position"])

        self.wire.send(self._loop.contacts_port, request, answered)

    def _note(self, number: int, due: float, now: float, position: str) -> None:
        ((partition, reached),) = open_positions(self._loop.token_key, ORG, position)["contacts", 1].items()
        sample = Sample(self._epoch + due, self._epoch + now, partition, reached)
        self.seen.commands.append(sample)
        if number % self._loop.page_after == 0:
            request = get_page(CONTACT_IDS[number % len(CONTACT_IDS)], self._loop.token, position)
            self.wire.send(self._loop.views_port, request, self._page_since(due))

    def _page_since(self, due: float) -> Then:
        def shown(status: int, body: bytes) -> None:
            assert status == 200, (status, body)
            self.seen.pages.append(time.monotonic() - due)

        return shown
