"""Processes of a stack whose manager is gone: found by what the manager had told them, and ended."""

import contextlib

import psutil

from ops.local import postgres
from ops.local.home import Home

MARK = "RAPPORT_PROCESS"
SECONDS_TO_END = 10


def find(home: Home) -> list[psutil.Process]:
    """Every process that this home's manager started and that still runs, whoever is its parent now."""
    server = postgres.running_pid(home.postgres)
    return [process for process in psutil.process_iter() if process.pid == server or _marked(process, home)]


def _marked(process: psutil.Process, home: Home) -> bool:
    try:
        environment = process.environ()
    except psutil.Error:
        return False
    return MARK in environment and environment.get("RAPPORT_HOME") == str(home.root)


def end(home: Home) -> None:
    """Interrupts them, then kills what is left."""
    found = find(home)
    for process in found:
        _signal(process, "terminate")
    for process in psutil.wait_procs(found, timeout=SECONDS_TO_END)[1]:
        _signal(process, "kill")
    psutil.wait_procs(found, timeout=SECONDS_TO_END)


def _signal(process: psutil.Process, name: str) -> None:
    with contextlib.suppress(psutil.Error):
        getattr(process, name)()
