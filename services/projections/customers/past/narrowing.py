"""The folds of a page without what one cell does not show, so that each step towards it costs alike.

Sums do not depend on each other: a customer's years of months and hundreds of brands are no part of its net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from msgspec.structs import replace as with_fields

from kernel.taking.fact import Fact
from kernel.view.parts import Part
from kernel.view.view import View
from services.projections.customers.customer_360 import CUSTOMER_360, Customer360
from services.projections.customers.past.cells import Path
from services.projections.customers.past.recalling import FOLDED
from services.projections.customers.spending import Spending, Spendings
from services.projections.customers.value_tiers import months_before

MAPS = ("months", "categories", "brands")
"""What grows with a customer's years."""

Narrow = Callable[[Spendings], Spendings]


def folded_for(name: str, steps: Path, on: date) -> tuple[View[Any], ...]:
    """The views that the cell of this section is made of."""
    narrow = _narrow(name, steps, on)
    if narrow is None:
        return FOLDED

    def fold(row: Customer360, fact: Fact[Any]) -> Customer360:
        after = CUSTOMER_360.fold(row, fact)
        return with_fields(after, spending=Part(narrow(after.spending.value)))

    narrowed = replace(CUSTOMER_360, fold=fold)
    return tuple(narrowed if view is CUSTOMER_360 else view for view in FOLDED)


def _narrow(name: str, steps: Path, on: date) -> Narrow | None:
    """None: the cell shows everything, or is no sum."""
    if name == "value_tier":
        window = months_before(on)
        return lambda spendings: {
            currency: _with(spending, {"months": _only(spending.months, window)})
            for currency, spending in spendings.items()
        }
    if name == "purchases" and len(steps) > 1:
        currency, shown = steps[:2]
        return lambda spendings: {
            known: _with(spending, {shown: getattr(spending, shown)} if shown in MAPS else {})
            for known, spending in spendings.items()
            if known == currency
        }
    return None


def _with(spending: Spending, maps: Mapping[str, Any]) -> Spending:
    return with_fields(spending, **{name: maps.get(name, {}) for name in MAPS})


def _only(months: Mapping[str, Any], names: list[str]) -> Mapping[str, Any]:
    return {name: months[name] for name in names if name in months}
