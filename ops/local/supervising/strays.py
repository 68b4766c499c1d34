"""Processes of a stack whose manager does not answer: found by what it had told them, shown and ended."""

import contextlib
import signal

import psutil

from ops.local.home.home import Home
from ops.local.postgres import server
from ops.local.supervising import configuration, manager
from ops.local.supervising.manager import ProcessState

MARK = "RAPPORT_PROCESS"
SECONDS_TO_END = 10


def find(home: Home) -> list[psutil.Process]:
    """This home's manager, and all that it started and that still runs, whoever is its parent now."""
    postgres = server.running_pid(home.postgres)
    return [
        process
        for process in psutil.process_iter()
        if process.pid == postgres or _name(process, home) or _manages(process, home)
    ]


def states(home: Home) -> dict[str, ProcessState]:
    """What the manager would tell of them; of several processes of one name the oldest counts."""
    postgres = server.running_pid(home.postgres)
    found: dict[str, ProcessState] = {}
    for process in find(home):
        name = "postgres" if process.pid == postgres else _name(process, home)
        with contextlib.suppress(psutil.Error):
            state = ProcessState(name, "", "unsupervised", process.pid, int(process.create_time()))
            if name and (name not in found or state.started < found[name].started):
                found[name] = state
    return found


def _name(process: psutil.Process, home: Home) -> str:
    """The name under which this home's manager started it or its parent; empty if it did not."""
    try:
        environment = process.environ()
    except psutil.Error:
        return ""
    return environment.get(MARK, "") if environment.get("RAPPORT_HOME") == str(home.root) else ""


def _manages(process: psutil.Process, home: Home) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return manager.PROGRAM in words and str(configuration.path(home)) in words


def end(home: Home) -> None:
    """Interrupts them, then kills what is left."""
    postgres, found = server.running_pid(home.postgres), find(home)
    for process in found:
        # PostgreSQL would wait for its clients at SIGTERM.
        _signal(process, signal.SIGINT if process.pid == postgres else signal.SIGTERM)
    for process in psutil.wait_procs(found, timeout=SECONDS_TO_END)[1]:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(found, timeout=SECONDS_TO_END)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.Error):
        process.send_signal(number)
