"""A closed loop: so many clients, each of which sends its next command when it has the answer to the last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.calling.interactions import ORG, SUBJECT, Interactions
from bench.calling.wire import Then, Wire
from bench.workers import Tally
from ops.acks import Acks

WARM_UP = 0.5
"""Seconds before what is counted."""


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """The load of `bench commands` on the server at `port`, in a process of its own."""

    port: int
    token: str
    clients: int
    seconds: float
    acks: Path | None = None
    """The journal of what was answered; a peer's answers need none."""

    def __call__(self) -> Tally:
        """What was answered within `seconds` after the warm-up. Any refusal is an error."""
        run = _Run(self)
        with Wire() as run.wire:
            for _ in range(self.clients):
                run.send_next()
            while run.wire.owed:
                run.wire.wait(run.stop + 10)
        if self.acks is not None:
            write_acks(self.acks, run.answers)
        return Tally(run.took, self.seconds, len(run.answers) - len(run.took))


class _Run:
    wire: Wire

    def __init__(self, loop: ClosedLoop) -> None:
        self._port = loop.port
        self._commands = iter(Interactions(loop.token))
        self._start = time.monotonic() + WARM_UP
        self.stop = self._start + loop.seconds
        self.took: list[float] = []
        self.answers: list[tuple[str, bytes]] = []

    def send_next(self) -> None:
        key, request = next(self._commands)
        self.wire.send(self._port, request, self._answered(key, time.monotonic()))

    def _answered(self, key: str, sent: float) -> Then:
        def answered(status: int, body: bytes) -> None:
            now = time.monotonic()
            assert status == 200, (status, body)
            self.answers.append((key, body))
            if self._start <= now < self.stop:
                self.took.append(now - sent)
            if now < self.stop:
                self.send_next()

        return answered


def write_acks(path: Path, answers: list[tuple[str, bytes]]) -> None:
    """Notes answers to RecordInteraction; after a measurement, for it costs time that is not measured."""
    with Acks(path) as acks:
        for key, body in answers:
            acks.add("contacts", ORG, SUBJECT, key, orjson.loads(body))
