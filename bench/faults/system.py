"""The whole of Rapport, small and short-lived, with a wire between every two of its parts.

contacts, sales, views                 answer HTTP
contacts_relay, sales_relay            publish
sales_react, worker                    react and fold
postgres, kafka                        the servers, with an address for each process that speaks with them
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults.programs import LOOK, Program
from bench.faults.wires import Wire
from bench.stack import prepared
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local import ports
from ops.local.home import variables
from ops.local.kafka import broker, jars
from ops.local.logs import last_lines
from ops.local.postgres import dsn, server
from ops.local.supervising import processes, readiness

SECONDS_TO_START = 60.0
MOST_NAMED = 8

OURS = tuple(process.name for process in processes.ours())
SERVERS = ("postgres", "kafka")

CALLED = ("contacts", "sales", "views")
"""Whom callers speak to."""
SPEAKS_WITH_KAFKA = ("contacts_relay", "sales_relay", "sales_react", "worker")

POSTGRES = {**server.SETTINGS, "fsync": "off", "shared_buffers": "128MB"}
"""Processes are killed here, never the machine, so nothing is lost by not waiting for the disk."""


@dataclass
class System:
    """What runs, by name: `programs["contacts_relay"].kill()`, `wires["worker", "kafka"].reset()`."""

    folder: Path
    administrator: str
    settings: Settings
    """As nobody is told: without the wires."""
    programs: dict[str, Program] = field(default_factory=dict)
    wires: dict[tuple[str, str], Wire] = field(default_factory=dict)
    """By who asks and who answers; callers are `client`."""

    def url(self, service: str) -> str:
        """Where callers find it: at the end of their wire."""
        return f"http://127.0.0.1:{self.wires['client', service].port}"

    def settings_of(self, name: str) -> Settings:
        """What the process of this name is told: its own wires to the servers."""
        postgres = str(self.wires[name, "postgres"].port)
        own = f":{self.settings.dsn['contacts_log'].rpartition(':')[2].partition('/')[0]}/"
        changed: dict[str, object] = {
            "dsn": {role: each.replace(own, f":{postgres}/") for role, each in self.settings.dsn.items()}
        }
        if (name, "kafka") in self.wires:
            changed["kafka"] = f"127.0.0.1:{self.wires[name, 'kafka'].port}"
        return self.settings.model_copy(update=changed)

    def program_of(self, name: str, like: str = "", kept: bool = True, **changed: object) -> Program:
        """A process as the stack has it, not started; `like` names its kind where that is not its name."""
        (kind,) = (each for each in processes.ours() if each.name == (like or name))
        told = self.settings_of(like or name).model_copy(update=changed)
        # A folder without a file of settings, so that no other stack's are read.
        environment = {**variables.of(told), "RAPPORT_HOME": str(self.folder / "nothing")}
        return Program(name, kind.command, environment, self.folder / "logs", kept)

    async def ready(self, *names: str, seconds: float = SECONDS_TO_START) -> None:
        """Waits until each of these, or of all, says on /readyz that it is."""
        limit = time.monotonic() + seconds
        waiting = {name: self.settings.port[name] for name in names or OURS}
        while waiting:
            answers = await readiness.ask(waiting)
            waiting = {name: port for name, port in waiting.items() if not answers[name].ready}
            if waiting and time.monotonic() > limit:
                name = next(iter(waiting))
                raise CannotRun(f"{name} is not ready: {last_lines(self.folder / 'logs' / f'{name}.log')}")
            await asyncio.sleep(LOOK)

    async def serving(self, name: str, seconds: float = SECONDS_TO_START) -> None:
        """Waits until the server `postgres` or `kafka` answers."""
        if name == "postgres":
            await until("PostgreSQL answers", lambda: server.answers(self.administrator), seconds)
        else:
            await until("Kafka answers", lambda: broker.answers(self.settings.kafka), seconds)


async def until(what: str, condition: Callable[[], Awaitable[object]], seconds: float = 60.0) -> None:
    """Asks again and again until the answer is true; raises TimeoutError, which says what was waited for."""

    async def missing() -> list[str]:
        return [] if await condition() else [what]

    await until_none(missing, seconds)


async def until_none(missing: Callable[[], Awaitable[Sequence[str]]], seconds: float = 60.0) -> None:
    """Asks again and again until nothing is missing; raises TimeoutError, which says what was to the last."""
    limit = time.monotonic() + seconds
    while found := await missing():
        if time.monotonic() > limit:
            raise TimeoutError(f"waited for {seconds:g} s in vain: {'; '.join(found[:MOST_NAMED])}")
        await asyncio.sleep(LOOK)


@asynccontextmanager
async def running(folder: Path | None = None) -> AsyncIterator[System]:
    """All of it, ready; gone afterwards. The servers keep their data in `folder`, or in one of their own."""
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as own:
        home = folder or Path(own)
        (home / "logs").mkdir(parents=True, exist_ok=True)
        programs: dict[str, Program] = {}
        wires: dict[tuple[str, str], Wire] = {}
        try:
            yield await _begin(home, programs, wires)
        finally:
            for program in reversed(programs.values()):
                program.go_on()
            ours = [each for each in programs.values() if each.name not in SERVERS]
            await asyncio.gather(*(program.end() for program in ours))
            for wire in wires.values():
                wire.close()
            for program in programs.values():
                await program.end()


async def _begin(home: Path, programs: dict[str, Program], wires: dict[tuple[str, str], Wire]) -> System:
    administrator = await _postgres(home, programs)
    settings = await prepared(administrator, home)
    for name in OURS:
        wires[name, "postgres"] = Wire(_port(administrator))
    for name in CALLED:
        wires["client", name] = Wire(settings.port[name])
    settings = settings.model_copy(update={"kafka": await _kafka(home, programs, wires)})
    system = System(home, administrator, settings, programs, wires)
    for wire in wires.values():
        await wire.open()
    await system.serving("kafka")
    for name in OURS:
        programs[name] = system.program_of(name)
        programs[name].start()
    await system.ready()
    return system


async def _postgres(home: Path, programs: dict[str, Program]) -> str:
    (port,) = ports.free(1)
    data = home / "postgres"
    await asyncio.to_thread(server.initialise, data, "faults")
    program = Program("postgres", server.command(data, port, POSTGRES), {}, home / "logs", kept=False)
    programs["postgres"] = program
    program.start()
    administrator = dsn.own(port, "faults")
    await until("PostgreSQL answers", lambda: server.answers(administrator))
    return administrator


async def _kafka(home: Path, programs: dict[str, Program], wires: dict[tuple[str, str], Wire]) -> str:
    """A broker with a listener for every process, which it advertises as the near end of that one's wire."""
    port, controller, *others = ports.free(2 + len(SPEAKS_WITH_KAFKA))
    folder, classes = home / "kafka", jars.ready()
    await asyncio.to_thread(broker.prepare, folder, classes, port, controller)
    for name, own in zip(SPEAKS_WITH_KAFKA, others, strict=True):
        wires[name, "kafka"] = Wire(own)
    ends = {
        name.upper(): (wires[name, "kafka"].target, wires[name, "kafka"].port) for name in SPEAKS_WITH_KAFKA
    }
    listeners = [f"PLAINTEXT://127.0.0.1:{port}", f"CONTROLLER://127.0.0.1:{controller}"]
    listeners += [f"{name}://127.0.0.1:{far}" for name, (far, _) in ends.items()]
    advertised = [f"PLAINTEXT://127.0.0.1:{port}"]
    advertised += [f"{name}://127.0.0.1:{near}" for name, (_, near) in ends.items()]
    protocols = ["CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT", *(f"{name}:PLAINTEXT" for name in ends)]
    with (folder / "server.properties").open("a") as file:  # of two lines with one name the later counts
        file.write(f"listeners={','.join(listeners)}\nadvertised.listeners={','.join(advertised)}\n")
        file.write(f"listener.security.protocol.map={','.join(protocols)}\n")
        file.write("inter.broker.listener.name=PLAINTEXT\n")
    program = Program("kafka", broker.command(folder, classes), {}, home / "logs", kept=False)
    programs["kafka"] = program
    program.start()
    return f"127.0.0.1:{port}"


def _port(address: str) -> int:
    return int(address.rpartition("@")[2].partition("/")[0].rpartition(":")[2])
