"""The database roles of a stack, and the database that they share locally."""

import asyncpg

from kernel.settings import SERVICES

DATABASE = "rapport"

EVENT_SCHEMAS = (*SERVICES, "projections")


def names() -> list[str]:
    """Per schema an owner (migrates it), an app role (serves requests) and a log role (batches); per service
    a gate role (tells what shares with others how far it must have come); the roles of the matcher, and of
    who asks the gate."""
    kinds = [f"{schema}_{kind}" for schema in EVENT_SCHEMAS for kind in ("owner", "app", "log")]
    gates = [f"{service}_gate" for service in SERVICES]
    return [*kinds, *gates, "projections_match", "projections_partner", "vault_owner", "vault_app"]


GATE = "projections_gate"
"""As whom the gate's functions read; nobody signs in so."""


def schemas() -> dict[str, str]:
    """Each schema with the role that owns it."""
    return {schema: f"{schema}_owner" for schema in (*EVENT_SCHEMAS, "vault")}


async def create_roles(administrator: asyncpg.Connection, passwords: dict[str, str]) -> None:
    """Makes the missing roles and gives each its recorded password; no role is a superuser."""
    there = {row["rolname"] for row in await administrator.fetch("SELECT rolname FROM pg_roles")}
    for role in names():
        verb = "ALTER" if role in there else "CREATE"
        bypass = "BYPASSRLS" if role == "projections_log" else "NOBYPASSRLS"
        # A utility statement takes no parameters; passwords are of our own making, without quotes.
        await administrator.execute(
            f"{verb} ROLE {role} LOGIN NOSUPERUSER {bypass} PASSWORD '{passwords[role]}'"
        )
    if GATE not in there:
        await administrator.execute(f"CREATE ROLE {GATE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
    await administrator.execute(f"GRANT {GATE} TO projections_owner WITH INHERIT FALSE, SET TRUE")


async def create_database(administrator: asyncpg.Connection, name: str = DATABASE) -> None:
    """Makes the database if it is missing."""
    if not await administrator.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await administrator.execute(f'CREATE DATABASE "{name}"')


async def create_schemas(administrator: asyncpg.Connection) -> None:
    """Makes the missing schemas in the connected database; PUBLIC has nothing on them or on the database."""
    database = await administrator.fetchval("SELECT current_database()")
    await administrator.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await administrator.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for role in names():
        await administrator.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {role}')
    for schema, owner in schemas().items():
        await administrator.execute(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}")
        await administrator.execute(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
