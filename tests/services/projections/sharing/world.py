"""What three organisations have said, kept beside them: what the gate lets through follows from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from services.partners.events.terms import Condition, Direction, SharedField
from services.sales.events import PurchaseLine
from tests.services.projections.sharing.two import months_ago

TIERS = {"silver": Decimal(30), "gold": Decimal(90)}
NEVER = 10_000


class Cell(NamedTuple):
    """As the gate tells it, and how many months ago that was."""

    field: str
    name: str | None
    month: str | None
    value: str | None
    quantity: Decimal | None
    amount: Decimal | None
    currency: str | None
    ago: int


class Grant(NamedTuple):
    at: float
    notice: int
    expired: bool


class Match(NamedTuple):
    its: UUID
    grade: str
    customer: UUID
    seen: tuple[int, int]
    """How often either contact had changed when they were compared."""


@dataclass
class Deal:
    """One agreement, as it stands."""

    reader: UUID
    gives: Direction
    last: int = 1
    suspended: set[UUID] = field(default_factory=set)
    ended: bool = False
    matches: dict[UUID, Match] = field(default_factory=dict)
    """By the reader's own contact."""


Said = tuple[UUID, str, UUID]
"""A contact of the shop's, a purpose, a recipient."""


@dataclass
class World:
    deals: dict[UUID, Deal] = field(default_factory=dict)
    grants: defaultdict[Said, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    refusals: defaultdict[Said, list[float]] = field(default_factory=lambda: defaultdict(list))
    customer: dict[UUID, UUID] = field(default_factory=dict)
    changes: defaultdict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    names: dict[UUID, str] = field(default_factory=dict)
    cities: dict[UUID, str] = field(default_factory=dict)
    baskets: defaultdict[UUID, list[tuple[int, PurchaseLine]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By contact: how many months ago, and what."""

    def cells(self, its: UUID, own: tuple[str, ...]) -> Iterator[Cell]:
        """All that could be told of a contact of the shop's to who sells these manufacturers' products."""
        yield Cell("profile.given-name", None, None, self.names[its], None, None, None, 0)
        yield Cell("profile.city", "home", None, self.cities[its], None, None, None, 0)
        bought = sorted(self.baskets[its], key=lambda one: one[0])
        for ago, lines in groupby(bought, lambda one: one[0]):
            yield from monthly(ago, [line for _, line in lines], own)
        year = sum((line.amount for ago, line in bought if 1 <= ago <= 12), Decimal(0))
        for tier in [name for name, threshold in TIERS.items() if threshold <= year][-1:]:
            yield Cell("value.tier", None, None, tier, None, None, None, 0)


OWN = ("brand", "brand", None), ("product", "sku", None), ("category", "category", "own")


def monthly(ago: int, lines: list[PurchaseLine], own: tuple[str, ...]) -> Iterator[Cell]:
    month = f"{months_ago(ago):%Y-%m}"
    mine = [line for line in lines if line.manufacturer in own]
    for kind, attribute, value in OWN:
        for name in {getattr(line, attribute) for line in mine}:
            named = [line for line in mine if getattr(line, attribute) == name]
            quantity, amount = (sum(map(of, named)) for of in (lambda x: x.quantity, lambda x: x.amount))
            yield Cell(f"purchases.{kind}", name, month, value, quantity, amount, "EUR", ago)
    for name in {line.category for line in lines}:
        makers: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            if line.category == name and line.manufacturer is not None and line.manufacturer not in own:
                makers[line.manufacturer] += line.amount
        total = sum(makers.values())
        if len(makers) >= 3 and max(makers.values()) * 5 <= total * 4:
            yield Cell("purchases.category", name, month, "others", None, total, "EUR", ago)


def meets(cell: Cell, condition: Condition) -> bool:
    if cell.field != condition.field:
        return False
    if condition.field is SharedField.TIER:
        order = list(TIERS)
        return order.index(str(cell.value)) >= order.index(condition.values[0])
    named = cell.name if condition.months else cell.value
    return named in condition.values and cell.ago <= (condition.months or 0)


def seen(world: World, agreement: UUID, purpose: str) -> set[tuple[Any, ...]]:
    """The oracle: of all that could be told, what every factor by itself lets through."""
    deal = world.deals[agreement]
    gives, said = deal.gives, {one: (one, purpose, deal.reader) for one in world.customer}
    all_ = {
        (mine, match.its, cell)
        for mine, match in deal.matches.items()
        for cell in world.cells(match.its, gives.manufacturers)
    }
    grant = {its: max(world.grants[said[its]], default=Grant(-NEVER, 0, True)) for its in world.customer}
    refused = {
        its: max((at for one in together(world, its) for at in world.refusals[said[one]]), default=-NEVER)
        for its in world.customer
    }
    in_force = all_ if not (deal.ended or deal.suspended) else set()
    for_it = all_ if purpose in gives.purposes else set()
    allowed = {x for x in all_ if not grant[x[1]].expired and grant[x[1]].at > refused[x[1]]}
    informed = {x for x in all_ if grant[x[1]].notice >= gives.notice_version}
    fields = {x for x in all_ if x[2].field in gives.fields}
    deep = {x for x in all_ if x[2].ago <= gives.depth_months}
    matched = {x for x in all_ if is_current(world, x[0], deal.matches[x[0]])}
    chosen = {
        x for x in all_
        if all(any(meets(y, rule) for m, _, y in all_ if m == x[0]) for rule in gives.population)
    }  # fmt: skip
    left = in_force & for_it & allowed & informed & fields & deep & matched & chosen
    return {(mine, *cell[:-1]) for mine, _, cell in left}


def together(world: World, its: UUID) -> list[UUID]:
    """The contacts of the same customer."""
    return [one for one, customer in world.customer.items() if customer == world.customer[its]]


def is_current(world: World, mine: UUID, match: Match) -> bool:
    return match.grade == "share" and match.seen == (world.changes[mine], world.changes[match.its])
