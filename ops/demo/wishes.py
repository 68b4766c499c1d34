"""The demonstration's commands, as `POST /commands` takes them; each with a key, so that none acts twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from ops.demo.people import people
from ops.demo.source import Basket, Journey, Product

SOURCE = "complete-journey"
CURRENCY = "USD"
TIERS = (("bronze", "0"), ("silver", "1000"), ("gold", "2500"), ("platinum", "5000"))

Wish = dict[str, Any]


def contact_id(org: UUID, household: int) -> UUID:
    """The contact of a household; the same at every run."""
    return uuid5(org, f"{SOURCE}/household/{household}")


def tiers() -> Iterator[Wish]:
    """The organisation's value tiers."""
    body = {
        "currency": CURRENCY,
        "tiers": [{"name": name, "threshold": threshold} for name, threshold in TIERS],
    }
    yield {"command": "SetValueTiers", "key": f"{SOURCE}/tiers", "body": body}


def contacts(org: UUID, journey: Journey) -> Iterator[Wish]:
    """Every household as a contact, with its loyalty card."""
    for person in people(journey.households):
        identifiers = [
            {"kind": "loyalty-card", "value": person.card},
            {"kind": "email", "value": person.email},
            {"kind": "phone", "value": person.phone},
        ]
        yield {
            "command": "RegisterContact",
            "id": str(contact_id(org, person.household)),
            "key": f"{SOURCE}/household/{person.household}",
            "origin": "imported",
            "occurred_at": "2017-01-01T00:00:00Z",
            "body": {
                "kind": "person",
                "name": {"given": person.given, "family": person.family},
                "identifiers": identifiers,
            },
        }


def products(journey: Journey) -> Iterator[Wish]:
    """Every product that was sold."""
    for product in journey.products.values():
        yield {
            "command": "ListProduct",
            "key": f"{SOURCE}/product/{product.sku}",
            "origin": "imported",
            "occurred_at": "2017-01-01T00:00:00Z",
            "body": {"sku": product.sku, "name": product.name, **_described(product)},
        }


def purchases(org: UUID, journey: Journey) -> Iterator[Wish]:
    """Every basket, at its own time."""
    described = {sku: {"sku": sku, **_described(product)} for sku, product in journey.products.items()}
    for basket in journey.purchases():
        yield {
            "command": "RecordPurchase",
            "key": f"{SOURCE}/basket/{basket.number}",
            "origin": "imported",
            "occurred_at": basket.bought_at,
            "body": _purchase(org, basket, described),
        }


def _purchase(org: UUID, basket: Basket, described: dict[str, Wish]) -> Wish:
    return {
        "contact_id": str(contact_id(org, basket.household)),
        "external_ref": {"source": SOURCE, "number": basket.number},
        "purchased_at": basket.bought_at,
        "store": basket.store,
        "currency": CURRENCY,
        "lines": [_line(described, *line) for line in basket.lines],
    }


def _line(described: dict[str, Wish], sku: str, quantity: str, amount: str, loyalty: str, match: str) -> Wish:
    line = {**described[sku], "quantity": quantity, "amount": amount}
    if loyalty != "0.00" or match != "0.00":
        found = (("loyalty", loyalty), ("coupon-match", match))
        line["discounts"] = [{"kind": kind, "amount": value} for kind, value in found if value != "0.00"]
    return line


def _described(product: Product) -> Wish:
    found = {"brand": product.brand, "category": product.category, "manufacturer": product.manufacturer}
    return {name: value for name, value in found.items() if value is not None}
