"""Every process of the local stack, as data."""

import sys
from dataclasses import dataclass
from pathlib import Path

from kernel.settings import SERVICES
from ops.local.home.home import Home
from ops.local.kafka import broker
from ops.local.postgres import server
from ops.local.supervising.names import REACTING

SERVERS, OURS = "servers", "ours"


@dataclass(frozen=True, slots=True)
class Process:
    """One supervised process; `name` is also the name of its port and its log file."""

    name: str
    group: str
    command: list[str]
    stop_signal: str = "TERM"


def servers(home: Home, ports: dict[str, int], jars: Path | None, own_postgres: bool) -> list[Process]:
    """PostgreSQL and Kafka, as far as they are ours to run; `jars` is None where Kafka is given."""
    found = []
    if own_postgres:
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        command = server.command(home.postgres, ports["postgres"])
        found.append(Process("postgres", SERVERS, command, stop_signal="INT"))
    if jars:
        found.append(Process("kafka", SERVERS, broker.command(home.kafka, jars)))
    return found


def ours() -> list[Process]:
    """The processes of Rapport itself."""
    found = []
    for service in SERVICES:
        found.append(_ours(service, "serve", service))
        found.append(_ours(f"{service}_relay", "relay", service))
    found += [_ours(f"{service}_react", "react", service) for service in REACTING]
    return [*found, _ours("views", "serve", "views"), _ours("worker", "worker"), _ours("matcher", "match")]


def _ours(name: str, *arguments: str) -> Process:
    return Process(name, OURS, [sys.executable, "-P", "-m", "ops", *arguments])
