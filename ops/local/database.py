"""The stack's database: its roles, its schemas, and the migrations that every `up` applies."""

import subprocess
import sys

import asyncpg

from ops.errors import CannotRun
from ops.local import roles
from ops.local.home import Home, environment
from ops.local.record import Record, with_database


async def prepare(record: Record) -> None:
    """Makes database, roles and schemas where they are missing."""
    administrator = await asyncpg.connect(with_database(record.postgres, "postgres"))
    try:
        await roles.create_database(administrator)
        await roles.create_roles(administrator, record.passwords)
    finally:
        await administrator.close()
    inside = await asyncpg.connect(record.postgres)
    try:
        await roles.create_schemas(inside)
    finally:
        await inside.close()


def migrate(home: Home) -> None:
    """Runs `migrate` as the process that a cluster would run."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "ops", "migrate", "--json"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        why = done.stderr.strip().removeprefix("rapport: ")
        raise CannotRun(f"the schemas could not be migrated: {why[-1000:]}")
