"""The stack's database: its roles, its schemas, and the migrations that every `up` applies."""

import asyncpg

from kernel import migrate as migrating
from kernel.database import DatabaseAway
from kernel.migrate import SchemaMismatch
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local.home.remembered import Stack
from ops.local.postgres import roles
from ops.local.postgres.dsn import with_database


async def prepare(stack: Stack) -> None:
    """Makes database, roles and schemas where they are missing."""
    administrator = await asyncpg.connect(with_database(stack.postgres, "postgres"))
    try:
        await roles.create_database(administrator)
        await roles.create_roles(administrator, stack.passwords)
    finally:
        await administrator.close()
    inside = await asyncpg.connect(stack.postgres)
    try:
        await roles.create_schemas(inside)
    finally:
        await inside.close()


async def migrate(settings: Settings) -> None:
    """Brings every schema to the version that this code knows."""
    try:
        await migrating.migrate(settings)
    except (SchemaMismatch, DatabaseAway) as error:
        raise CannotRun(f"the schemas could not be migrated: {error}") from error
