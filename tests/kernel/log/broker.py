"""A Kafka that tests may kill, stop and start again."""

import signal
import subprocess
from pathlib import Path

from ops.local import ports
from ops.local.kafka import broker, jars
from tests.waiting import until


class Broker:
    """One broker, always at the same address and with the same data."""

    def __init__(self, folder: Path) -> None:
        port, controller = ports.free(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder
        self._jars = jars.ready()
        broker.prepare(folder, self._jars, port, controller)

    async def start(self) -> None:
        """Starts it unless it runs, and waits until it answers."""
        if self.process is None:
            self.process = self._begin()
        await until(lambda: broker.answers(self.bootstrap))

    def _begin(self) -> "subprocess.Popen[bytes]":
        with (self._folder / "kafka.log").open("ab") as log:
            command = broker.command(self._folder, self._jars)
            return subprocess.Popen(command, stdout=log, stderr=log, process_group=0)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def stop_answering(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGCONT)
