"""The peer of the projection: a FastStream handler that upserts a row for each event, in one statement.

It does less than the view: it keeps counts, sums, months and the last of each, but no favourites, consents or
last interactions; and since it counts what is delivered twice, it is right only as long as nothing fails.

Called as `python -m bench.peers.upserts DSN`.
"""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel

from kernel.log.topics import topic
from kernel.settings import SERVICES, load

GROUP = "upserts"

TABLE = """
DROP TABLE IF EXISTS customer;
CREATE TABLE customer (
    org_id uuid,
    contact_id uuid,
    events bigint NOT NULL DEFAULT 1,
    interactions bigint NOT NULL DEFAULT 0,
    last_interaction timestamptz,
    language text,
    consents jsonb NOT NULL DEFAULT '{}',
    purchases bigint NOT NULL DEFAULT 0,
    amount numeric NOT NULL DEFAULT 0,
    months jsonb NOT NULL DEFAULT '{}',
    last_purchase timestamptz,
    PRIMARY KEY (org_id, contact_id)
)"""

INTERACTION = """
INSERT INTO customer AS c (org_id, contact_id, interactions, last_interaction) VALUES ($1, $2, 1, $3)
ON CONFLICT (org_id, contact_id) DO UPDATE SET events = c.events + 1, interactions = c.interactions + 1,
    last_interaction = greatest(c.last_interaction, excluded.last_interaction)"""

LANGUAGE = """
INSERT INTO customer AS c (org_id, contact_id, language) VALUES ($1, $2, $3)
ON CONFLICT (org_id, contact_id) DO UPDATE SET events = c.events + 1, language = excluded.language"""

CONSENT = """
INSERT INTO customer AS c (org_id, contact_id, consents)
VALUES ($1, $2, jsonb_build_object($3::text, $4::text))
ON CONFLICT (org_id, contact_id) DO UPDATE SET events = c.events + 1,
    consents = c.consents || excluded.consents"""

PURCHASE = """
INSERT INTO customer AS c (org_id, contact_id, purchases, amount, months, last_purchase)
VALUES ($1, $2, 1, $3, jsonb_build_object($4::text, $3::numeric), $5)
ON CONFLICT (org_id, contact_id) DO UPDATE SET events = c.events + 1, purchases = c.purchases + 1,
    amount = c.amount + excluded.amount, last_purchase = greatest(c.last_purchase, excluded.last_purchase),
    months = jsonb_set(c.months, ARRAY[$4], to_jsonb(coalesce((c.months ->> $4)::numeric, 0) + $3))"""


class CloudEvent(BaseModel):
    """What the handler needs of a record."""

    type: str
    orgid: UUID
    data: dict[str, Any]


async def upsert(db: asyncpg.Connection, event: CloudEvent) -> None:
    """One statement, durable before the next event is taken."""
    data = event.data
    whose = event.orgid, UUID(data["contact_id"])
    match event.type.rpartition(".")[2]:
        case "InteractionRecorded":
            await db.execute(INTERACTION, *whose, datetime.fromisoformat(data["happened_at"]))
        case "LanguagePreferred":
            await db.execute(LANGUAGE, *whose, data["language"])
        case "ConsentGiven":
            place = f"{data['purpose']} {data['channel']}"
            await db.execute(CONSENT, *whose, place, data["given_at"])
        case "PurchaseRecorded":
            month, at = data["purchased_at"][:7], datetime.fromisoformat(data["purchased_at"])
            await db.execute(PURCHASE, *whose, Decimal(data["total"]), month, at)


async def main(administrator: str) -> None:
    settings = load()
    db = await asyncpg.connect(administrator)
    await db.execute(TABLE)
    broker = KafkaBroker(settings.kafka, logger=None)

    async def decoded(message: KafkaMessage) -> Any:
        return orjson.loads(message.body)

    @broker.subscriber(
        *(topic(settings, service, 1) for service in SERVICES),
        group_id=GROUP,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=decoded,
    )
    async def project(event: CloudEvent) -> None:
        await upsert(db, event)

    await FastStream(broker, logger=None).run()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
