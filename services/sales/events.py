"""Facts about purchases, products and value tiers. The one module here that others may import.

Amounts of a purchase are in its one currency. A line's `amount` is its net: what was charged for the whole
line, discounts already taken off. Its gross, at list price, is `amount` plus its discounts. A purchase's
`total` is the sum of its lines' amounts.
"""

from __future__ import annotations

from typing import Annotated
from unicodedata import normalize
from uuid import UUID

from pydantic import AfterValidator, Field

from kernel.log.facts import Event
from lib.decimals import Unsigned
from lib.identifiers import IdentifierDigest
from lib.money import Currency
from lib.records import Record
from lib.texts import Line, Slug
from lib.times import Time

MOST_LINES = 250
MOST_SET_ASIDE = 200
"""Purchases in one fact: few enough to be attributed at once."""


def _code(text: str) -> str:
    text = normalize("NFC", text).strip()
    if not text or not text.isprintable():
        raise ValueError("a number or short name has only printable characters, and is not empty")
    return text


Code = Annotated[str, Field(min_length=1, max_length=100, examples=["1082185"]), AfterValidator(_code)]
"""A number or short name by which the organisation's other systems know something."""
Source = Annotated[Slug, Field(examples=["till"])]
DiscountKind = Annotated[Slug, Field(examples=["loyalty"])]
ProductName = Annotated[Line, Field(examples=["Bananas"])]
Brand = Annotated[Line, Field(examples=["National"])]
Category = Annotated[Line, Field(examples=["TROPICAL FRUIT"])]
Manufacturer = Annotated[Line, Field(examples=["Fruit Growers"])]
TierName = Annotated[Line, Field(examples=["gold"])]


class ExternalRef(Record):
    """What another system calls it: unique in the organisation."""

    source: Source
    number: Code


class Discount(Record):
    """What was taken off a line, and why (coupon, loyalty …)."""

    kind: DiscountKind
    amount: Unsigned


class PurchaseLine(Record):
    """One line of a basket, with the product as it was; any quantity, zero too, in the product's own unit."""

    sku: Code
    name: ProductName | None = None
    brand: Brand | None = None
    category: Category | None = None
    manufacturer: Manufacturer | None = None
    quantity: Unsigned
    amount: Unsigned
    """Net: what was charged for the whole line."""
    discounts: tuple[Discount, ...] = ()
    """Already taken off."""


Lines = Annotated[tuple[PurchaseLine, ...], Field(min_length=1, max_length=MOST_LINES)]


class ReturnedLine(Record):
    """What came back of one line of a purchase, and what was paid back for it."""

    number: Annotated[int, Field(ge=1, le=MOST_LINES)]
    """Which line of the purchase, from 1."""
    sku: Code
    brand: Brand | None = None
    category: Category | None = None
    manufacturer: Manufacturer | None = None
    quantity: Unsigned
    amount: Unsigned


class Return(Record):
    """One return of a purchase."""

    returned_at: Time
    lines: tuple[ReturnedLine, ...]
    total: Unsigned


class PurchaseRecorded(Event):
    """Somebody bought a basket. Whose it is, is known by contact, or by an identifier, or not at all."""

    contact_id: UUID | None = None
    identifier: IdentifierDigest | None = None
    external_ref: ExternalRef | None = None
    purchased_at: Time
    store: Code | None = None
    currency: Currency
    lines: Lines
    total: Unsigned


class PurchaseReturned(Event):
    """Some or all of a purchase came back. `contact_id` is the purchase's, as far as it is known by now."""

    contact_id: UUID | None = None
    returned_at: Time
    currency: Currency
    lines: tuple[ReturnedLine, ...]
    total: Unsigned


class PurchaseAttributed(Event):
    """The identifier of a purchase was found to be a contact's.

    It carries the purchase and its returns up to here, which could not be counted for the contact before.
    """

    contact_id: UUID
    identifier: IdentifierDigest
    purchased_at: Time
    store: Code | None = None
    currency: Currency
    lines: Lines
    total: Unsigned
    returns: tuple[Return, ...] = ()


WaitingPurchases = Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_SET_ASIDE)]


class PurchasesSetAside(Event):
    """So many purchases wait for one identifier that these are kept apart until somebody has it."""

    identifier: IdentifierDigest
    purchases: WaitingPurchases
    earlier: UUID | None = None
    """The stream of those that were set aside before."""


class PurchasesCalledUp(Event):
    """Somebody has the identifier: these are to be attributed, and then those that were set aside before."""

    contact_id: UUID
    identifier: IdentifierDigest
    purchases: WaitingPurchases
    earlier: UUID | None = None

    def subjects(self) -> tuple[UUID, ...]:
        """None: what is the contact's by now is told by each purchase itself."""
        return ()


class ProductListed(Event):
    """The organisation sells this product, so described; listed again, the new description holds."""

    sku: Code
    name: ProductName
    brand: Brand | None = None
    category: Category | None = None
    manufacturer: Manufacturer | None = None


class ValueTier(Record):
    """A class of customers, from a sum of net purchases in 12 months upwards."""

    name: TierName
    threshold: Unsigned


class ValueTiersSet(Event):
    """The organisation's value tiers, lowest first, all in one currency."""

    currency: Currency
    tiers: Annotated[tuple[ValueTier, ...], Field(min_length=1, max_length=20)]
