"""The value tiers that an organisation set, and where a customer's purchases fall among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from dateutil.relativedelta import relativedelta

from kernel.taking.fact import Fact
from kernel.view.reading import live
from kernel.view.view import Key, View
from services.projections.customers.spending import ZERO, Spendings
from services.projections.sharing.matchable import GATE
from services.sales.events import ValueTier, ValueTiersSet

MONTHS = 12

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    currency text,
    tiers json NOT NULL,
    PRIMARY KEY (org_id, stream_id, partition)
)"""


class ValueTiers(msgspec.Struct, frozen=True):
    """An organisation's tiers, lowest first, all in one currency."""

    stream_id: UUID
    version: int = 0
    currency: str | None = None
    tiers: tuple[ValueTier, ...] = ()


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.envelope.stream_id,)]


def fold(row: ValueTiers, fact: Fact[Any]) -> ValueTiers:
    event: ValueTiersSet = fact.event
    return ValueTiers(row.stream_id, fact.envelope.version, event.currency, event.tiers)


def combine(rows: Sequence[ValueTiers]) -> ValueTiers:
    """They stand on one stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


VALUE_TIERS = View(
    name="value_tiers",
    number=1,
    row=ValueTiers,
    key=("stream_id",),
    reads=(ValueTiersSet,),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(GATE,),
)


class TierStanding(msgspec.Struct, frozen=True):
    """Where a customer stands: the tier (None: below the lowest), by which net amount of which months."""

    tier: str | None
    amount: Decimal
    currency: str
    first_month: str
    last_month: str


Tiers = tuple[str, tuple[ValueTier, ...]]
"""An organisation's currency and tiers."""


async def thresholds(db: asyncpg.Connection) -> Tiers | None:
    """None where the organisation set none."""
    record = await db.fetchrow(f"SELECT currency, tiers::text FROM {await live(db, VALUE_TIERS)}")
    if record is None:
        return None
    return record["currency"], msgspec.json.decode(record["tiers"], type=tuple[ValueTier, ...])


def tier_standing(spendings: Spendings, currency: str, tiers: Sequence[ValueTier], on: date) -> TierStanding:
    """By the net purchases of the twelve whole months before the month of `on`."""
    window = months_before(on)
    spending = spendings.get(currency)
    amount = sum((_amount(spending.months, month) for month in window), ZERO) if spending else ZERO
    reached = [tier.name for tier in tiers if tier.threshold <= amount]
    return TierStanding(reached[-1] if reached else None, amount, currency, window[0], window[-1])


def _amount(months: Mapping[str, Any], name: str) -> Decimal:
    return months[name].amount if name in months else ZERO


def months_before(on: date) -> list[str]:
    """The twelve whole calendar months before the one of `on`, earliest first."""
    this = on.replace(day=1)
    return [(this - relativedelta(months=back)).isoformat()[:7] for back in range(MONTHS, 0, -1)]
