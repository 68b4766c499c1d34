"""What Docker is asked for, without Docker: the versions and the settings that our own servers have."""

from unittest.mock import MagicMock

import pytest
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from ops.local.kafka import jars
from ops.local.postgres import server
from tests import containers
from tests.conftest import QUICK


@pytest.fixture
def docker(monkeypatch):
    """A client that makes containers of nothing, each of which is ready at once."""
    client = MagicMock()
    client.create.return_value.status = "running"
    monkeypatch.setattr("testcontainers.core.container.DockerClient", lambda **_: client)
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    monkeypatch.setattr(LogMessageWaitStrategy, "wait_until_ready", lambda *_: None)
    monkeypatch.setattr(PostgresContainer, "_connect", lambda _: None)
    return client


def test_postgres_is_of_our_version_and_set_as_ours_is(docker):
    with containers.postgres(QUICK):
        pass
    [image], asked = docker.create.call_args
    assert image == "postgres:18"
    assert server.binaries().parent.name == "pginstall18"
    command = asked["command"]
    assert command[0] == "postgres"
    assert {"-cfsync=off", "-cmax_connections=200", "-ctimezone=UTC"} < set(command)
    assert not [each for each in command if "listen_addresses" in each or "unix_socket" in each]
    assert "--builtin-locale=C.UTF-8" in asked["environment"]["POSTGRES_INITDB_ARGS"]


def test_its_address_is_one_that_asyncpg_takes(docker):
    docker.get_connection_mode.return_value = ConnectionMode.docker_host
    docker.host.return_value, docker.port.return_value = "localhost", 5555
    with containers.running_postgres(QUICK) as address:
        assert address == "postgresql://test:test@localhost:5555/test"


def test_kafka_is_of_our_version_and_set_as_ours_is(docker):
    with containers.kafka(40_000):
        pass
    [image], asked = docker.create.call_args
    [version] = {jar.version for jar in jars.listed() if jar.artifact == "kafka-clients"}
    assert image == f"apache/kafka:{version}"
    assert asked["ports"] == {"9092": 40_000}
    environment = asked["environment"]
    assert environment["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://127.0.0.1:40000"
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_MESSAGE_MAX_BYTES"] == str(4 * 1024 * 1024)
    assert environment["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "1"


def test_kafkas_address_is_the_port_that_was_bound(docker):
    with containers.running_kafka() as bootstrap:
        [bound] = docker.create.call_args.kwargs["ports"].values()
    assert bootstrap == f"127.0.0.1:{bound}"
