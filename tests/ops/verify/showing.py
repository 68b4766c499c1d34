"""Views of contacts that have taken all of a small log, so that a test can spoil either."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import asyncpg

from kernel.database import connect_pool
from kernel.log.envelope import write
from kernel.log.facts import Event, encode, type_of
from kernel.log.store.append import NewEvent
from kernel.settings import Settings
from kernel.taking.arrivals import Reading
from kernel.taking.opening import open_personal
from kernel.vault.sealing import binding, seal
from kernel.vault.vault import Vault
from kernel.view.batch.applying import apply
from ops.verify.report import Report
from services.contacts.events import ContactRegistered, IdentifierAdded, NameCorrected
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.person import PERSON
from services.projections.shared.identity import IDENTITY
from tests.ops.verify.verifying import ORG, World, world

VIEWS = (IDENTITY, PERSON)
CONTACTS = [uuid5(ORG, f"contact {number}") for number in range(20)]


@dataclass
class Shown:
    """A log of contacts, and views that have taken all of it."""

    log: World
    vault: Vault
    worker: asyncpg.Pool
    db: asyncpg.Connection
    """The administrator's connection to the views."""

    async def record(self, contact: UUID, version: int, *events: Event) -> None:
        """Appends events with their personal parts sealed."""
        await self.log.command(
            contact,
            version,
            [await self._sealed(contact, version + n, one) for n, one in enumerate(events, 1)],
        )

    async def _sealed(self, contact: UUID, version: int, event: Event) -> NewEvent:
        key = (await self.vault.keys(ORG, [contact], create=True))[contact]
        event_id, (data, personal) = uuid4(), encode(event)
        sealed = (
            None
            if personal is None
            else seal(key, personal, binding(event_id, contact, version, type_of(type(event))))
        )
        return NewEvent(event_id, type(event).__name__, 1, data, sealed, datetime.now(UTC))

    async def take(self) -> None:
        """Brings the views to the end of the log, as the worker does."""
        reading = Reading(self.log.views)
        log = enumerate(await self.log.stored())
        arrivals = [
            reading.read("contacts", 1, partition, offset, write(fact)) for offset, (partition, fact) in log
        ]
        await open_personal(self.vault, reading.personal, arrivals)
        for view in self.log.views:
            await apply(self.worker, view, arrivals)

    async def reports(self) -> dict[str, Report]:
        verdict = await self.log.verdict()
        return {report.name: report for report in verdict.views}


@asynccontextmanager
async def showing(settings: Settings, administrator: str, folder: Path) -> AsyncIterator[Shown]:
    """A log of contacts that is not yet published, and the views `VIEWS` of all of it."""
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(world(settings, administrator, folder))
        log.views = VIEWS
        vault = await Vault.open(settings)
        stack.push_async_callback(vault.close)
        worker = await connect_pool(settings, "projections_log")
        stack.push_async_callback(worker.close)
        database = settings.dsn["contacts_log"].rsplit("/", 1)[1]
        db = await asyncpg.connect(
            administrator, database=database, server_settings={"search_path": "projections"}
        )
        stack.push_async_callback(db.close)
        made = Shown(log, vault, worker, db)
        for number, contact in enumerate(CONTACTS):
            await made.record(contact, 0, *life(number, contact))
        await made.take()
        yield made


def life(number: int, contact: UUID) -> Sequence[Event]:
    """Registered, and later called otherwise."""
    name, later = Name(given="Ada", family=f"Byron{number}"), Name(given="Ada", family=f"Lovelace{number}")
    return (
        ContactRegistered(
            contact_id=contact, kind=ContactKind.PERSON, personal=ContactRegistered.Personal(name=name)
        ),
        NameCorrected(contact_id=contact, personal=NameCorrected.Personal(name=later)),
        IdentifierAdded(
            contact_id=contact,
            kind="email",
            personal=IdentifierAdded.Personal(value=f"ada{number}@example.org"),
        ),
    )
