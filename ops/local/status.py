"""What `status` tells: one document about every process of a home."""

import asyncio
import time
from typing import Any

import psutil

from ops.local import kafka, manager, postgres, readiness, strays
from ops.local import record as records
from ops.local.home import Home
from ops.local.manager import State
from ops.local.names import SERVED
from ops.local.readiness import Readiness
from ops.local.record import Record


def document(home: Home) -> dict[str, Any]:
    """`services` are the processes that callers speak to, `processes` all the others.

    `manager` is running, down, or gone: then nothing starts again what ends.
    """
    record = records.load(home)
    supervised = record is not None and manager.alive(home)
    states = manager.states(home) if supervised else strays.states(home)
    ports = record.ports if record else {}
    asked = asyncio.run(_ask(record, states)) if record and states else {}
    restarts = manager.restarts(home)
    found = {
        name: _process(state, ports.get(name), asked.get(name, NOT_ASKED), restarts.get(name, 0))
        for name, state in states.items()
    }
    servers = {"postgres": record.postgres, "kafka": record.kafka} if record and states else {}
    return {
        "home": str(home.root),
        "ready": supervised and all(process["ready"] for process in found.values()),
        "manager": "running" if supervised else "gone" if states else "down",
        **servers,
        "services": {name: found[name] for name in found if name in SERVED},
        "processes": {name: found[name] for name in found if name not in SERVED},
    }


NOT_ASKED = Readiness(False, {})


async def _ask(record: Record, states: dict[str, State]) -> dict[str, Readiness]:
    """Ours answer over HTTP, the servers in their own protocols."""
    ours = {name: record.ports[name] for name in states if name not in ("postgres", "kafka")}
    served, database, broker = await asyncio.gather(
        readiness.ask(ours), postgres.answers(record.postgres), kafka.answers(record.kafka)
    )
    return {**served, "postgres": Readiness(database, {}), "kafka": Readiness(broker, {})}


def _process(state: State, port: int | None, asked: Readiness, restarts: int) -> dict[str, Any]:
    lag = {"lag": asked.body["lag"]} if "lag" in asked.body else {}
    return {
        "url": f"http://127.0.0.1:{port}" if port else "",
        "pid": state.pid,
        "ready": asked.ready,
        # The manager calls a process starting for its first seconds, however ready it is.
        "state": "running" if asked.ready and state.state == "starting" else state.state,
        "uptime_s": round(time.time() - state.started) if state.pid else 0,
        "memory_mb": _memory(state.pid),
        "restarts": restarts,
        **lag,
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
