"""The load of `bench append` on the `eventsourcing` library with its PostgreSQL recorder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError

from bench.appending.loads import EVENTS_EACH, HOT_STREAMS, TEXT, Load
from bench.workers import Tally, own_memory_mb

HOT = [uuid5(UUID(int=0), f"hot {n}") for n in range(HOT_STREAMS)]


class Contact(Aggregate):
    """A stream of notes."""

    @event("Begun")
    def __init__(self, id_: UUID | None, subject: str) -> None:
        self.subject = subject

    @staticmethod
    def create_id(id_: UUID | None, subject: str) -> UUID:
        return id_ or Aggregate.create_id()

    @event("Noted")
    def note(self, subject: str) -> None:
        self.subject = subject


def eventsourcing_append(administrator: str, load: Load) -> Tally:
    """One process: `load.clients` threads share an application, as its own server would."""
    application = Application[UUID](env=_environment(administrator))
    tally = Tally()
    with ThreadPoolExecutor(load.clients) as clients:
        start = time.perf_counter()
        stop = start + load.seconds
        done = [clients.submit(_client, application, load, n, stop, tally) for n in range(load.clients)]
        for each in done:
            each.result()
        tally.elapsed = time.perf_counter() - start
    tally.memory_mb = own_memory_mb()
    application.close()
    return tally


def _environment(administrator: str) -> dict[str, str]:
    place = urlsplit(administrator)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": "postgres",
        "POSTGRES_HOST": str(place.hostname),
        "POSTGRES_PORT": str(place.port),
        "POSTGRES_USER": str(place.username),
        "POSTGRES_PASSWORD": str(place.password),
        "POSTGRES_POOL_SIZE": "16",
        "POSTGRES_MAX_OVERFLOW": "16",
    }


def _client(application: Application[UUID], load: Load, number: int, stop: float, tally: Tally) -> None:
    next_step = load.steps(number)
    own = Contact(None, TEXT)
    saved: list[Any] = []
    while (sent := time.perf_counter()) < stop:
        step = next_step()
        if step == "hot":
            _note_on(application, HOT[number % HOT_STREAMS])
        else:
            if step == "conflict" and saved:
                _refuse(application, own, saved)
                own = application.repository.get(own.id)
            if saved:
                own.note(TEXT)
            if step == "two":
                own.note(TEXT)
            saved = list(own.pending_events)
            application.save(own)
            if step == "repeat":  # of which the library knows no answer
                _refuse(application, own, saved)
            if own.version >= EVENTS_EACH:
                own, saved = Contact(None, TEXT), []
        tally.took.append(time.perf_counter() - sent)


def _refuse(application: Application[UUID], contact: Contact, saved: list[Any]) -> None:
    """Saves events whose versions have passed."""
    contact.pending_events.extend(saved)
    with suppress(IntegrityError):
        application.save(contact)
    contact.pending_events.clear()


def _note_on(application: Application[UUID], stream: UUID) -> None:
    while True:
        try:
            contact: Any = application.repository.get(stream)
            contact.note(TEXT)
        except AggregateNotFoundError:
            contact = Contact(stream, TEXT)
        try:
            application.save(contact)
        except IntegrityError:
            continue
        return
