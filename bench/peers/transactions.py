"""The second peer: FastAPI and asyncpg, with one transaction for each command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Header, HTTPException
from pydantic import TypeAdapter

from bench.calling.interactions import CONTACT_IDS
from bench.peers.access import SignedIn
from bench.peers.answers import Answer, answer, digest
from kernel.ids import new_id
from services.contacts.commands import RecordInteraction

CONNECTIONS = 32

TABLES = """
CREATE TABLE contact (id uuid PRIMARY KEY, version int NOT NULL);
CREATE TABLE answer (
    caller text, key text, digest bytea NOT NULL, contact uuid NOT NULL, version int, event uuid NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE TABLE event (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, contact uuid NOT NULL, version int NOT NULL,
    id uuid NOT NULL UNIQUE, type text NOT NULL, data json NOT NULL, caller text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(), UNIQUE (contact, version)
);
"""

KNOWN = "SELECT digest, contact, version, event FROM answer WHERE caller = $1 AND key = $2"
NEXT = "UPDATE contact SET version = version + 1 WHERE id = $1 RETURNING version"
APPEND = """
INSERT INTO event (contact, version, id, type, data, caller)
VALUES ($1, $2, $3, 'InteractionRecorded', $4, $5)"""
REMEMBER = """
INSERT INTO answer (caller, key, digest, contact, version, event) VALUES ($1, $2, $3, $4, $5, $6)"""

_COMMAND = TypeAdapter(RecordInteraction)


async def record(
    db: asyncpg.Connection, contact: UUID, command: RecordInteraction, caller: str, key: str
) -> Answer:
    """Inside a transaction; two repeats at once meet the primary key of the answers."""
    seen = digest(command)
    if (known := await db.fetchrow(KNOWN, caller, key)) is not None:
        if known["digest"] != seen:
            raise HTTPException(422)
        return answer(known["contact"], known["version"], known["event"])
    version = await db.fetchval(NEXT, contact)
    if version is None:
        raise HTTPException(404)
    event = new_id()
    await db.execute(APPEND, contact, version, event, _COMMAND.dump_json(command).decode(), caller)
    await db.execute(REMEMBER, caller, key, seen, contact, version, event)
    return answer(contact, version, event)


def application(administrator: str) -> FastAPI:
    """The peer, with the contacts that are spoken with."""
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(administrator, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            await pool.execute(TABLES)
            await pool.copy_records_to_table("contact", records=[(contact, 1) for contact in CONTACT_IDS])
            pools.append(pool)
            yield

    app = FastAPI(lifespan=running)

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/contacts/{contact_id}/record-interaction")
    async def record_interaction(
        contact_id: UUID,
        command: RecordInteraction,
        caller: SignedIn,
        idempotency_key: Annotated[str, Header()],
    ) -> Answer:
        async with pools[0].acquire() as db, db.transaction():
            return await record(db, contact_id, command, caller.subject, idempotency_key)

    return app
