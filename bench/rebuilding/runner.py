"""A peer: the same events folded by the same functions in a ProjectionRunner of the `eventsourcing` library.

As its documentation has it: a view is a tracking recorder, and each event is one transaction that loads its
row, writes it and inserts the tracking record.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from bench.calling.interactions import ORG
from bench.folding.backlog import Maker
from bench.peers.library import environment
from bench.rebuilding.loading import EVENTS_EACH, LINES, one_key
from bench.workers import Workers, own_memory_mb
from kernel.taking.arrivals import Reading
from kernel.taking.fact import Fact
from kernel.view.columns import row_of
from services.projections.customers.customer_360 import CUSTOMER_360

SECONDS_TO_FINISH = 600.0
COLUMNS = CUSTOMER_360.columns[1:]
NAMES = ", ".join(column.name for column in COLUMNS)

TYPED = ", ".join(f"{c.name} {'bigint' if c.sql == 'bigint' else 'text'}" for c in COLUMNS)
MARKS = ", ".join("%s" for _ in COLUMNS)
CHANGED = ", ".join(f"{column.name} = excluded.{column.name}" for column in COLUMNS)

TABLE = f"""
CREATE TABLE IF NOT EXISTS customer_360 (
    org_id uuid, contact_id uuid, {TYPED}, PRIMARY KEY (org_id, contact_id))"""
LOAD = f"SELECT {NAMES} FROM customer_360 WHERE org_id = %s AND contact_id = %s"
SAVE = f"""
INSERT INTO customer_360 (org_id, contact_id, {NAMES}) VALUES (%s, %s, {MARKS})
ON CONFLICT (org_id, contact_id) DO UPDATE SET {CHANGED}"""


class Contact(Aggregate):
    """The stream of what was recorded of a contact: CloudEvents, each with its service and partition."""

    class Recorded(Aggregate.Event):
        service: str
        partition: int
        value: str

        def apply(self, aggregate: Any) -> None:
            """Nothing is decided on it."""


class Log(Application[UUID]):
    """Holds the events."""


class Customers(PostgresTrackingRecorder):
    """The rows, and how far they are."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.sql_create_statements.append(SQL(TABLE).format())

    def folded(self, fact: Fact[Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            for (contact,) in CUSTOMER_360.keys(fact):
                cursor.execute(LOAD, (fact.org_id, contact), prepare=True)
                found = cursor.fetchone()
                values = [] if found is None else [found[column.name] for column in COLUMNS]
                row = _row(contact, values) if values else CUSTOMER_360.empty((contact,))
                row = CUSTOMER_360.fold(row, fact)
                values = [column.values([row])[0] for column in COLUMNS]
                cursor.execute(SAVE, (fact.org_id, contact, *values), prepare=True)


def _row(contact: UUID, values: Sequence[Any]) -> Any:
    return row_of(CUSTOMER_360.columns, CUSTOMER_360.row, [contact, *values])


class Folding(Projection[Customers]):
    """Runs the fold."""

    reading = Reading((CUSTOMER_360,))

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        if isinstance(domain_event, Contact.Recorded):
            event: Any = domain_event
            arrival = self.reading.read(event.service, 1, event.partition, 0, event.value.encode())
            assert arrival.fact is not None
            self.view.folded(arrival.fact, tracking)


def projected(administrator: str, workers: Workers, events: int) -> dict[str, float]:
    """So many events, in a process of its own."""
    return workers.run(partial(_projected, administrator, events))[0]


def _projected(administrator: str, events: int) -> dict[str, float]:
    env = {**environment(administrator), "POSTGRES_SCHEMA": "public"}
    last = _recorded(env, events)
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Log, projection_class=Folding, view_class=Customers, env=env
    ) as runner:
        runner.wait(last, timeout=SECONDS_TO_FINISH)
        elapsed = time.perf_counter() - began
        for table in ("customer_360", "folding_tracking", "log_events"):
            with runner.view.datastore.transaction(commit=True) as cursor:
                cursor.execute(SQL("DROP TABLE {}").format(Identifier(table)))
    return {"per_second": events / elapsed, "memory_mb": own_memory_mb()}


def _recorded(env: dict[str, str], events: int) -> int:
    """Appends them; the number of the last one."""
    maker = Maker(one_key())
    contacts = [uuid5(ORG, f"customer {number}") for number in range(max(1, events // EVENTS_EACH))]
    maker.fill(Random(events), contacts, events, LINES)
    streams: dict[str, Contact] = {}
    for (service, partition), records in maker.backlog.records.items():
        for record in records:
            key = record.key.decode()
            stream = streams.get(key) or streams.setdefault(key, Contact())
            stream.trigger_event(
                Contact.Recorded, service=service, partition=partition, value=record.value.decode()
            )
    log = Log(env)
    last = log.save(*streams.values())[-1].notification.id
    log.close()
    return last
