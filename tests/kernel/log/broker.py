"""A Kafka of a test's own, which it may kill, stop and start again."""

import subprocess
from pathlib import Path

from ops.local import jars, kafka, ports
from tests.kernel.log.relaying import eventually


class Broker:
    """One broker, always at the same address."""

    def __init__(self, folder: Path) -> None:
        port, controller = ports.free(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self._folder = folder
        self._jars = jars.ready()
        kafka.prepare(folder, self._jars, port, controller)

    async def start(self) -> None:
        with (self._folder / "kafka.log").open("ab") as log:
            command = kafka.command(self._folder, self._jars)
            self.process = subprocess.Popen(command, stdout=log, stderr=log, process_group=0)
        await eventually(lambda: kafka.answers(self.bootstrap))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
