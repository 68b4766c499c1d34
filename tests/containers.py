"""PostgreSQL and Kafka as containers, set as the servers of ours are: for RAPPORT_TEST_CONTAINERS=1."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from ops.local import ports
from ops.local.kafka import broker
from ops.local.postgres import server

POSTGRES = "postgres:18"
KAFKA = "apache/kafka:4.3.1"
INSIDE = 9092

OF_THE_MACHINE = ("listen_addresses", "unix_socket_directories")
"""Settings that the image has its own for."""


@contextmanager
def running_postgres(settings: Mapping[str, str]) -> Iterator[str]:
    """The administrator's DSN."""
    with postgres(settings) as container:
        yield container.get_connection_url()


@contextmanager
def running_kafka() -> Iterator[str]:
    """The bootstrap address."""
    (port,) = ports.free(1)
    with kafka(port):
        yield f"127.0.0.1:{port}"


def postgres(settings: Mapping[str, str]) -> PostgresContainer:
    options = [f"-c{name}={value}" for name, value in settings.items() if name not in OF_THE_MACHINE]
    container = PostgresContainer(POSTGRES, driver=None).with_command(["postgres", *options])
    return container.with_env("POSTGRES_INITDB_ARGS", " ".join(server.LOCALE))


def kafka(port: int) -> DockerContainer:
    """Not testcontainers' own class, which knows another vendor's image only.

    A broker has to say where it is reached: so `port` is chosen before it starts.
    """
    settings = {
        **broker.SETTINGS,
        "listeners": f"PLAINTEXT://0.0.0.0:{INSIDE},CONTROLLER://127.0.0.1:{INSIDE + 1}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"1@127.0.0.1:{INSIDE + 1}",
    }
    container = DockerContainer(KAFKA).with_bind_ports(INSIDE, port)
    container.with_envs(
        **{f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
    )
    return container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
