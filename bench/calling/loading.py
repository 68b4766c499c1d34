"""Puts the closed loop on a service or a peer, and says what each command cost every process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.calling.closed import ClosedLoop
from bench.calling.interactions import token_of
from bench.stack import Processes
from bench.workers import Workers, rates
from kernel.settings import Settings

CLIENTS = 64
SECONDS = 4.0
"""Of each load in each round."""


@dataclass(frozen=True, slots=True)
class Loading:
    """Loads from one process of clients on what runs."""

    settings: Settings
    processes: Processes
    clients: Workers

    def ours(self, *processes: str, afterwards: Callable[[], None] = lambda: None) -> dict[str, float]:
        """On the service contacts, with a journal of the answers."""
        acks = self.settings.keys.parent / "bench.acks"
        loop = ClosedLoop(self.settings.port["contacts"], token_of(self.settings), CLIENTS, SECONDS, acks)
        return self._figures(loop, processes, afterwards)

    def peer(self, port: int, *processes: str) -> dict[str, float]:
        """On a peer."""
        return self._figures(ClosedLoop(port, token_of(self.settings), CLIENTS, SECONDS), processes)

    def _figures(
        self, loop: ClosedLoop, processes: tuple[str, ...], afterwards: Callable[[], None] = lambda: None
    ) -> dict[str, float]:
        """Rates, and the CPU microseconds of a command by process; `afterwards` waits for work left over."""
        before = self.processes.cpu_seconds()
        (tally,) = self.clients.run(loop)
        afterwards()
        commands = len(tally.took) + tally.uncounted
        return {**rates([tally]), **self.processes.spent(before, commands, *processes)}
