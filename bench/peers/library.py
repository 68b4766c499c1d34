"""The first peer: FastAPI with the `eventsourcing` library and its PostgreSQL recorder.

As its documentation has it: an application, aggregates with decorated commands, save. Aggregates are cached
without asking the database again, as ours are. The idempotency key is an aggregate of its own, saved in the
same transaction, so that a repeat meets its uniqueness.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import anyio.to_thread
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from fastapi import FastAPI, Header, HTTPException

from bench.calling.interactions import CONTACT_IDS
from bench.peers.access import SignedIn
from bench.peers.answers import Answer, answer, digest
from services.contacts.commands import RecordInteraction

THREADS = 64
"""As many as there are clients."""
CACHED = 2_048


class Contact(Aggregate):
    """A contact and how often they met."""

    @event("ContactRegistered")
    def __init__(self, contact_id: UUID) -> None:
        self.interactions = 0

    @staticmethod
    def create_id(contact_id: UUID) -> UUID:
        return contact_id

    @event("InteractionRecorded")
    def record_interaction(
        self, direction: str, channel: str, happened_at: str, subject: str | None, summary: str | None
    ) -> None:
        self.interactions += 1


class Answered(Aggregate):
    """What an idempotency key was answered."""

    @event("Answered")
    def __init__(self, key_id: UUID, digest: str, contact: UUID, reached: int, event_id: UUID) -> None:
        self.digest, self.contact, self.reached, self.event_id = digest, contact, reached, event_id

    @staticmethod
    def create_id(key_id: UUID, digest: str, contact: UUID, reached: int, event_id: UUID) -> UUID:
        return key_id


def environment(administrator: str) -> dict[str, str]:
    place = urlsplit(administrator)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": "postgres",
        "POSTGRES_HOST": str(place.hostname),
        "POSTGRES_PORT": str(place.port),
        "POSTGRES_USER": str(place.username),
        "POSTGRES_PASSWORD": str(place.password),
        "POSTGRES_POOL_SIZE": "32",
        "POSTGRES_MAX_OVERFLOW": "32",
        "AGGREGATE_CACHE_MAXSIZE": str(CACHED),
        "AGGREGATE_CACHE_FASTFORWARD": "n",
    }


class Contacts(Application[UUID]):
    """Carries out the command that is measured."""

    name = "peer"

    def record(self, contact_id: UUID, command: RecordInteraction, caller: str, key: str) -> Answer:
        key_id = uuid5(contact_id, f"{caller} {key}")
        seen = digest(command).hex()
        while True:
            contact: Any = self.repository.get(contact_id)
            happened_at = (command.happened_at or datetime.now(UTC)).isoformat()
            contact.record_interaction(
                command.direction.value, command.channel.value, happened_at, command.subject, command.summary
            )
            event_id = uuid5(key_id, "event")
            answered = Answered(key_id, seen, contact_id, contact.version, event_id)
            try:
                self.save(contact, answered)
            except IntegrityError:
                if (known := self._known(key_id, seen)) is not None:
                    return known
                continue
            return answer(contact_id, contact.version, event_id)

    def _known(self, key_id: UUID, seen: str) -> Answer | None:
        try:
            known: Any = self.repository.get(key_id)
        except AggregateNotFoundError:
            return None
        if known.digest != seen:
            raise HTTPException(422)
        return answer(known.contact, known.reached, known.event_id)


def application(administrator: str) -> FastAPI:
    """The peer, with the contacts that are spoken with."""
    contacts = Contacts(env=environment(administrator))
    contacts.save(*(Contact(contact) for contact in CONTACT_IDS))

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield
        contacts.close()

    app = FastAPI(lifespan=running)

    @app.get("/readyz")
    def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/contacts/{contact_id}/record-interaction")
    def record_interaction(
        contact_id: UUID,
        command: RecordInteraction,
        caller: SignedIn,
        idempotency_key: Annotated[str, Header()],
    ) -> Answer:
        return contacts.record(contact_id, command, caller.subject, idempotency_key)

    return app
