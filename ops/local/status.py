"""What `status` tells: one document about every process of a home."""

import asyncio
import time
from typing import Any

import psutil

from ops.local import ports
from ops.local.home import remembered
from ops.local.home.home import Home
from ops.local.home.remembered import Stack
from ops.local.kafka import broker
from ops.local.postgres import server
from ops.local.supervising import manager, readiness, strays
from ops.local.supervising.manager import ManagerSilent, ProcessState
from ops.local.supervising.names import SERVED
from ops.local.supervising.readiness import ReadyAnswer


def document(home: Home) -> dict[str, Any]:
    """`services` are the processes that callers speak to, `processes` all the others.

    `manager` is running; down; or, where nothing starts again what ends, gone or silent: `trouble` says more.
    """
    stack = remembered.load(home)
    supervised, trouble = False, None
    try:
        supervised = stack is not None and manager.alive(home)
        states = manager.states(home) if supervised else strays.states(home)
    except ManagerSilent as silent:
        supervised, trouble, states = False, silent.message, strays.states(home)
    of = stack.ports if stack else {}
    asked = asyncio.run(_ask(stack, states)) if stack and states else {}
    restarts = manager.restarts(home)
    found = {
        name: _process(state, _address(name, of.get(name)), asked.get(name, NOT_ASKED), restarts.get(name, 0))
        for name, state in states.items()
    }
    servers = {"postgres": stack.postgres, "kafka": stack.kafka} if stack and states else {}
    return {
        "home": str(home.root),
        "ready": supervised and all(process["ready"] for process in found.values()),
        "manager": "running" if supervised else "silent" if trouble else "gone" if states else "down",
        **({"trouble": trouble} if trouble else {}),
        **servers,
        "services": {name: found[name] for name in found if name in SERVED},
        "processes": {name: found[name] for name in found if name not in SERVED},
    }


NOT_ASKED = ReadyAnswer(False, {})

TOLD = ("lag", "parked", "failing", "degraded")
"""Of what `/readyz` answers."""


async def _ask(stack: Stack, states: dict[str, ProcessState]) -> dict[str, ReadyAnswer]:
    """Ours answer over HTTP, the servers in their own protocols."""
    ours = {name: stack.ports[name] for name in states if name not in ("postgres", "kafka")}
    served, postgres, kafka = await asyncio.gather(
        readiness.ask(ours), server.answers(stack.postgres), broker.answers(stack.kafka)
    )
    return {**served, "postgres": ReadyAnswer(postgres, {}), "kafka": ReadyAnswer(kafka, {})}


def _address(name: str, port: int | None) -> dict[str, str]:
    """Ours speak HTTP, the servers do not."""
    address = f"127.0.0.1:{port}" if port else ""
    if name in ports.SERVER_PORTS:
        return {"address": address}
    return {"url": f"http://{address}" if port else ""}


def _process(
    state: ProcessState, address: dict[str, str], asked: ReadyAnswer, restarts: int
) -> dict[str, Any]:
    told: dict[str, Any] = {name: asked.body[name] for name in TOLD if name in asked.body}
    return {
        **address,
        "pid": state.pid,
        "ready": asked.ready,
        # The manager calls a process starting for its first seconds, however ready it is.
        "state": "running" if asked.ready and state.state == "starting" else state.state,
        "uptime_s": round(time.time() - state.started) if state.pid else 0,
        "memory_mb": _memory(state.pid),
        "restarts": restarts,
        **told,
    }


def _memory(pid: int | None) -> float:
    """Megabytes of a process, and of its children what they share with nobody."""
    try:
        process = psutil.Process(pid) if pid else None
        size = process.memory_info().rss if process else 0
        for child in process.children(recursive=True) if process else []:
            size += child.memory_full_info().uss
    except psutil.Error:
        return 0.0
    return round(size / 1e6, 1)
