"""Processes that faults end and stop; what is kept running is started again, as a supervisor would."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ops.checkout import CHECKOUT

SECONDS_BEFORE_A_RESTART = 0.2
SECONDS_TO_END = 12.0
LOOK = 0.03


@dataclass
class Program:
    """One process by its name; `kept` ones are started again whenever they end."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    logs: Path
    kept: bool = True
    ends: list[int] = field(default_factory=list)
    """The exit codes so far; a signal is negative."""
    _process: subprocess.Popen[bytes] | None = None
    _keeper: subprocess.Popen[bytes] | None = None
    _keeping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, **more: str) -> None:
        """Starts it, this once with these further variables."""
        with (self.logs / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT), **self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self._release()
        # Ends it when this process does, however that ends.
        script = f"read _; kill -9 {self.pid} 2>/dev/null"
        self._keeper = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, process_group=0)
        if self.kept and self._keeping is None:
            self._keeping = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if self._process is not None and (code := self._process.poll()) is not None:
                self.ends.append(code)
                await asyncio.sleep(SECONDS_BEFORE_A_RESTART)
                self.start()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Sends the signal to it alone."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """It stays as it is until `go_on`, with its connections and leases."""
        self.kill(signal.SIGSTOP)

    def go_on(self) -> None:
        self.kill(signal.SIGCONT)

    async def restart(self, **more: str) -> None:
        """Ends it in an orderly way and starts it anew, this once with these further variables."""
        await self.end()
        self.start(**more)

    async def ended(self, seconds: float) -> int:
        """Waits until it has ended once more, by itself or by a signal; with which exit code."""
        before, limit = len(self.ends), time.monotonic() + seconds
        while len(self.ends) == before:
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.name} did not end within {seconds:g} s")
            await asyncio.sleep(LOOK)
        return self.ends[-1]

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """For good, unless it is started again; what does not end in time is killed."""
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        self.kill(number)
        limit = time.monotonic() + SECONDS_TO_END
        while self.runs:
            if time.monotonic() > limit:
                self.kill()
            await asyncio.sleep(LOOK)
        self._release()

    def _release(self) -> None:
        """The keeper must not outlive its process: the number may be another's by then."""
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.communicate()
            self._keeper = None

    async def stands_still(self) -> bool:
        """By `stop` or at a failpoint."""
        return self.runs and psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

    @property
    def memory_mb(self) -> float:
        """What it holds now."""
        return float(psutil.Process(self.pid).memory_info().rss / 2**20)
