"""How products are decided: listed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from kernel.log.facts import Event
from services.sales.commands import ListProduct
from services.sales.events import ProductListed


@dataclass(frozen=True, slots=True)
class Product:
    """How the product was listed last."""

    listed: ProductListed | None = None


def initial(_org_id: UUID, _stream_id: UUID) -> Product:
    """Not listed yet."""
    return Product()


def stream_of(org_id: UUID, command: ListProduct) -> UUID:
    """One product per organisation and number."""
    return uuid5(org_id, f"product/{command.sku}")


def evolve(_product: Product, event: ProductListed) -> Product:
    """The product after the event."""
    return Product(listed=event)


def decide(command: ListProduct, product: Product, _now: datetime) -> list[Event]:
    """Listed as it is already: nothing happens."""
    listed = ProductListed(
        sku=command.sku,
        name=command.name,
        brand=command.brand,
        category=command.category,
        manufacturer=command.manufacturer,
    )
    return [] if listed == product.listed else [listed]
