"""The process manager: starts supervisor and speaks with it over its socket."""

import contextlib
import socket
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from ops.errors import CannotRun
from ops.local.files import write_whole
from ops.local.home.home import Home, environment
from ops.local.logs import last_lines
from ops.local.supervising import configuration
from ops.local.supervising.processes import Process

PROGRAM = "supervisor.supervisord"

SECONDS_TO_ANSWER = 10.0

AT_REST = ("stopped", "exited", "fatal")
"""The states in which the manager does not try to run a process."""


class ManagerGone(CannotRun):
    """No manager runs for this home, or it is about to end."""

    def __init__(self) -> None:
        super().__init__("the process manager has ended, stopped or killed: run `./rapport up` again.")


class ManagerSilent(CannotRun):
    """It is there and does not answer in time: somebody stopped it, or it is at its end."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            f"the process manager, process {pid}, does not answer: `kill -CONT {pid}` lets a stopped one "
            "go on, `./rapport down` ends it with all that it started."
        )


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the manager knows about one process."""

    name: str
    group: str
    state: str
    pid: int | None
    started: int
    """Unix seconds."""


def start(home: Home, processes: list[Process]) -> None:
    """Starts the manager with these processes, none of them running yet."""
    write_whole(configuration.path(home), configuration.text(home, processes))
    configuration.log(home).unlink(missing_ok=True)
    command = [sys.executable, "-m", PROGRAM, "-c", str(configuration.path(home))]
    with (home.logs / "manager.out").open("wb") as output:
        manager = subprocess.Popen(
            command,
            env=environment(home),
            cwd=home.root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    limit = time.monotonic() + 20
    while not alive(home):
        if manager.poll() is not None or time.monotonic() > limit:
            raise CannotRun(f"the process manager did not start: {last_lines(home.logs / 'manager.out')}")
        time.sleep(0.05)


def _call(home: Home, method: str, *arguments: object) -> Any:
    path = str(configuration.socket(home))
    transport = SupervisorTransport(configuration.USER, configuration.password(home), f"unix://{path}")
    transport._get_connection = lambda: _connection(path)  # its own has no time limit
    try:
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)
    except TimeoutError as error:
        raise ManagerSilent(_pid(home)) from error
    except OSError as error:
        raise ManagerGone from error
    except xmlrpc.client.Fault as fault:
        if fault.faultCode == Faults.SHUTDOWN_STATE:
            raise ManagerGone from fault
        raise


def _connection(path: str) -> HTTPConnection:
    connection = HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(SECONDS_TO_ANSWER)
    connection.sock.connect(path)
    return connection


def _pid(home: Home) -> int:
    return int((home.run / "manager.pid").read_text())


def alive(home: Home) -> bool:
    """Whether this home's manager runs and is not about to end; raises ManagerSilent, as all below do."""
    try:
        return bool(_call(home, "getState")["statename"] == "RUNNING")
    except (ManagerGone, xmlrpc.client.Error):
        return False


def states(home: Home) -> dict[str, ProcessState]:
    """Every process by name."""
    return {
        info["name"]: ProcessState(
            info["name"], info["group"], info["statename"].lower(), info["pid"] or None, info["start"]
        )
        for info in _call(home, "getAllProcessInfo")
    }


def start_group(home: Home, group: str) -> None:
    """Starts what does not run in this group; it does not wait."""
    with contextlib.suppress(xmlrpc.client.Fault):  # a stack on given servers has no group of servers
        _call(home, "startProcessGroup", group, False)


def stop_group(home: Home, group: str) -> None:
    """Tells a whole group to stop; it does not wait."""
    with contextlib.suppress(xmlrpc.client.Fault):
        _call(home, "stopProcessGroup", group, False)


def shutdown(home: Home) -> None:
    """Ends the manager and whatever still runs under it."""
    _call(home, "shutdown")


def restarts(home: Home) -> dict[str, int]:
    """How often each process was started again since the manager began."""
    counts: dict[str, int] = {}
    log = configuration.log(home)
    for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
        if "spawned: '" in line:
            name = line.split("'")[1]
            counts[name] = counts.get(name, -1) + 1
    return counts
