"""The ports of a local stack: fixed ones, free ones, and who has a taken one."""

import os
import socket
from contextlib import ExitStack
from itertools import count

import psutil

from kernel.settings import SERVICES
from ops.errors import CannotRun
from ops.local.supervising.names import REACTING

SERVICE_PORTS = {
    "contacts": 8101,
    "sales": 8102,
    "cases": 8103,
    "campaigns": 8104,
    "partners": 8105,
    "workforce": 8106,
    "intake": 8107,
    "views": 8108,
}
RELAY, REACT = 100, 200
"""How far a relay's and a reaction's operational HTTP lies above its service's port."""
WORKER_PORT, MATCHER_PORT = 8208, 8308
SERVER_PORTS = {"postgres": 8132, "kafka": 8192, "kafka_controller": 8193}


def fixed() -> dict[str, int]:
    """Every process's port by default."""
    ports = dict(SERVER_PORTS)
    for service in SERVICES:
        ports[service] = SERVICE_PORTS[service]
        ports[f"{service}_relay"] = SERVICE_PORTS[service] + RELAY
    for service in REACTING:
        ports[f"{service}_react"] = SERVICE_PORTS[service] + REACT
    return {**ports, "views": SERVICE_PORTS["views"], "worker": WORKER_PORT, "matcher": MATCHER_PORT}


_FIRST_FREE, _MANY_FREE = 15_000, 17_000
"""Below those that systems give to outgoing connections: only a listener may take one before it is used."""
_turns = count(os.getpid() * 1_009)
"""Each process begins elsewhere, and comes back to a port only after all the others."""


def free(number: int) -> list[int]:
    """Ports that nobody listens on now, which differ."""
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < number:
            port = _FIRST_FREE + next(_turns) % _MANY_FREE
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
        return found


def automatic() -> dict[str, int]:
    names = list(fixed())
    return dict(zip(names, free(len(names)), strict=True))


def refuse_taken(ports: dict[str, int]) -> None:
    """Says which port is taken and by whom, if the machine tells."""
    for name, port in ports.items():
        if _taken(port):
            raise CannotRun(
                f"port {port} ({name}) is taken{_holder(port)}: stop it, or let `./rapport up --ports auto` "
                "choose free ones."
            )


def all_free(ports: dict[str, int]) -> bool:
    return not any(_taken(port) for port in ports.values())


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port in TIME_WAIT is free to be listened on.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            address = connection.laddr
            if (
                connection.status == psutil.CONN_LISTEN
                and address
                and address.port == port
                and connection.pid
            ):
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""
