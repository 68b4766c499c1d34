"""The process manager's configuration: supervisor's file, its socket and its log, all in the home."""

import configparser
import hashlib
import os
import secrets
import shlex
import tempfile
from pathlib import Path

from ops.local.home.home import Home
from ops.local.supervising.processes import OURS, SERVERS, Process

LONGEST_SOCKET_PATH = 90
"""Characters; the system allows 107 and supervisor appends a process id while it binds."""

SECONDS_TO_DRAIN = 10

# What ends within `startsecs` is started again after 1, 2, 3 … seconds, 30 at most; what ran longer, at once.
PROGRAM = """[program:{name}]
command={command}
environment=RAPPORT_PROCESS="{name}"
autostart=false
autorestart=true
startsecs=10
startretries=1000000
stopsignal={stop_signal}
stopwaitsecs={drain}
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=2
"""

USER = "rapport"
"""Whom the manager's socket knows: others cannot open it, yet supervisor warns where no password is asked."""

DAEMON = """[unix_http_server]
file={socket}
chmod=0600
username={user_name}
password={password}
[supervisord]
logfile=logs/manager.log
logfile_maxbytes=0
pidfile=run/manager.pid
nodaemon=true
silent=true
{user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[rpcinterface:pauses]
supervisor.rpcinterface_factory=ops.local.supervising.pauses:limit
"""


def socket(home: Home) -> Path:
    """The manager's socket: in the home, or in the temporary folder where the home's path is too long."""
    inside = home.run / "manager.sock"
    if len(str(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(str(home.root).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"rapport-{os.getuid()}-{digest}.sock"


def path(home: Home) -> Path:
    return home.run / "manager.conf"


def password(home: Home) -> str | None:
    """What the manager's socket asks for, or None where no manager was started yet."""
    file = configparser.RawConfigParser()
    file.read(path(home))
    return file.get("unix_http_server", "password", fallback=None)


def log(home: Home) -> Path:
    return home.logs / "manager.log"


def text(home: Home, processes: list[Process]) -> str:
    """The file; its relative paths are the home's, for supervisor runs there."""
    parts = [
        DAEMON.format(
            socket=_escaped(socket(home)),
            user_name=USER,
            password=secrets.token_hex(16),
            user="user=root" if os.geteuid() == 0 else "",
        )
    ]
    for process in processes:
        parts.append(
            PROGRAM.format(
                name=process.name,
                command=_escaped(shlex.join(process.command)),
                stop_signal=process.stop_signal,
                drain=SECONDS_TO_DRAIN,
            )
        )
    for group in (SERVERS, OURS):
        names = ",".join(process.name for process in processes if process.group == group)
        parts.append(f"[group:{group}]\nprograms={names}\n" if names else "")
    return "\n".join(parts)


def _escaped(value: object) -> str:
    """supervisor expands `%`."""
    return str(value).replace("%", "%%")
