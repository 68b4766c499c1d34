"""Wishes about purchases, products and value tiers, each with the roles that may have it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from kernel.commands import Command
from kernel.web.access import Role
from lib.decimals import Unsigned
from lib.identifiers import IdentifierDigest
from lib.money import Currency
from lib.records import Record
from lib.times import Time
from services.sales.events import (
    MOST_LINES,
    Brand,
    Category,
    Code,
    ExternalRef,
    Lines,
    Manufacturer,
    ProductName,
    ValueTier,
    WaitingPurchases,
)

TILL = frozenset({Role.AGENT, Role.MANAGER, Role.INTEGRATOR, Role.OPERATOR})
CATALOGUE = frozenset({Role.MANAGER, Role.INTEGRATOR, Role.OPERATOR})
POLICY = frozenset({Role.MANAGER, Role.MARKETER, Role.OPERATOR})


class RecordPurchase(Command):
    """A basket was bought. Amounts are net, in `currency`; the total is the sum of the lines.

    It may name its customer by contact, or by an identifier (`{"kind", "value"}`) that need not be known yet.
    """

    roles = TILL
    refusals = ("in-the-future", "time-unfit", "too-much", "already-recorded")
    begins = True
    examples = (
        {
            "currency": "EUR",
            "store": "367",
            "lines": [
                {
                    "sku": "1082185",
                    "name": "Bananas",
                    "brand": "National",
                    "category": "TROPICAL FRUIT",
                    "manufacturer": "2",
                    "quantity": "1.5",
                    "amount": "1.49",
                    "discounts": [{"kind": "loyalty", "amount": "0.50"}],
                }
            ],
        },
        {
            "purchased_at": "2026-11-01T12:00:00Z",
            "identifier": {"kind": "loyalty-card", "value": "2900017"},
            "currency": "EUR",
            "lines": [{"sku": "995242", "quantity": "2", "amount": "3.00"}],
        },
    )

    contact_id: UUID | None = None
    identifier: IdentifierDigest | None = None
    external_ref: ExternalRef | None = None
    """Refused when another purchase has it already."""
    purchased_at: Time | None = None
    """Omitted: now."""
    store: Code | None = None
    currency: Currency
    lines: Lines


class LineReturn(Record):
    """How much of one line comes back."""

    number: Annotated[int, Field(ge=1, le=MOST_LINES)]
    """Which line of the purchase, from 1."""
    quantity: Unsigned
    amount: Unsigned | None = None
    """What is paid back. Omitted: the amount in proportion, and with the last unit all that is left."""


class ReturnPurchase(Command):
    """Some lines come back, or everything that has not come back yet."""

    roles = TILL
    refusals = (
        "in-the-future",
        "more-than-bought",
        "more-than-paid",
        "no-such-line",
        "not-recorded",
        "not-yet-bought",
        "time-unfit",
        "too-many-returns",
    )
    examples = ({},)

    returned_at: Time | None = None
    """Omitted: now."""
    lines: Annotated[tuple[LineReturn, ...], Field(min_length=1, max_length=MOST_LINES)] | None = None
    """Omitted: everything that has not come back yet."""


class AttributePurchase(Command):
    """The purchase's identifier is this contact's. Only the reaction of that name wishes it."""

    roles = frozenset()
    refusals = ("already-attributed", "no-identifier", "not-recorded")

    contact_id: UUID


class SetPurchasesAside(Command):
    """These wait for an identifier with too many others. Only the reaction that attributes wishes it."""

    roles = frozenset()
    begins = True

    identifier: IdentifierDigest
    purchases: WaitingPurchases
    earlier: UUID | None = None


class CallPurchasesUp(Command):
    """The identifier is this contact's by now. Only the reaction that attributes wishes it."""

    roles = frozenset()

    contact_id: UUID


class ListProduct(Command):
    """The product with this number is sold and described so; a listed one is described anew."""

    roles = CATALOGUE
    begins = True
    examples = (
        {
            "sku": "1082185",
            "name": "Bananas",
            "brand": "National",
            "category": "TROPICAL FRUIT",
            "manufacturer": "2",
        },
    )

    sku: Code
    name: ProductName
    brand: Brand | None = None
    category: Category | None = None
    manufacturer: Manufacturer | None = None


class SetValueTiers(Command):
    """The organisation's value tiers by net purchases in 12 months, lowest first; the former ones go."""

    roles = POLICY
    refusals = ("not-ascending", "same-name")
    begins = True
    examples = (
        {
            "currency": "EUR",
            "tiers": [
                {"name": "bronze", "threshold": "0"},
                {"name": "silver", "threshold": "1000"},
                {"name": "gold", "threshold": "2500"},
            ],
        },
    )

    currency: Currency
    tiers: Annotated[tuple[ValueTier, ...], Field(min_length=1, max_length=20)]
