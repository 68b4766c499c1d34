"""One process at a time at a piece of work; a second one is told which."""

from __future__ import annotations

import os
import socket

import asyncpg

from ops.errors import CannotRun

LOCK = "SELECT pg_try_advisory_lock(hashtext($1), hashtext($2))"

HOLDER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = (hashtext($1)::bigint & 4294967295)::oid
    AND l.objid = (hashtext($2)::bigint & 4294967295)::oid"""


async def alone(connection: asyncpg.Connection, work: str, name: str, sentence: str) -> None:
    """Keeps others from this work on this thing for as long as the connection is open.

    Raises CannotRun, `sentence` with who it is: process and machine, cut where PostgreSQL cuts names.
    """
    await connection.execute(f"SET application_name = 'process {os.getpid()} on {socket.gethostname()}'")
    if not await connection.fetchval(LOCK, f"rapport.{work}", name):
        holder = await connection.fetchval(HOLDER, f"rapport.{work}", name)
        raise CannotRun(f"{sentence}: {holder}.")
