"""What comes back of a purchase's lines, and what is paid back for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from kernel.commands import Rejected
from services.sales.commands import LineReturn
from services.sales.events import PurchaseLine, Return, ReturnedLine

CENT = Decimal("0.01")


@dataclass(slots=True)
class Left:
    """What has not come back of one line."""

    line: PurchaseLine
    quantity: Decimal
    amount: Decimal


def come_back(
    bought: Sequence[PurchaseLine], returns: Iterable[Return], wished: Sequence[LineReturn] | None
) -> tuple[ReturnedLine, ...]:
    """The lines that come back now; without a wish everything that is left. Raises Rejected."""
    left = _left(bought, returns)
    if wished is None:
        everything = [
            _taken(number, rest, rest.quantity, rest.amount)
            for number, rest in enumerate(left, 1)
            if rest.quantity or not rest.line.quantity
        ]
        return tuple(line for line in everything if _something(line))
    lines = [_wished(left, one, f"/lines/{place}") for place, one in enumerate(wished)]
    return tuple(line for line in lines if _something(line))


def _left(bought: Sequence[PurchaseLine], returns: Iterable[Return]) -> list[Left]:
    left = [Left(line, line.quantity, line.amount) for line in bought]
    for one in returns:
        for line in one.lines:
            left[line.number - 1].quantity -= line.quantity
            left[line.number - 1].amount -= line.amount
    return left


def _wished(left: Sequence[Left], wish: LineReturn, pointer: str) -> ReturnedLine:
    if wish.number > len(left):
        lines = "one line" if len(left) == 1 else f"{len(left)} lines"
        raise Rejected("no-such-line", f"The purchase has {lines}.", f"{pointer}/number")
    rest = left[wish.number - 1]
    if wish.quantity > rest.quantity:
        raise Rejected("more-than-bought", "No more can come back than is left.", f"{pointer}/quantity")
    amount = _in_proportion(rest, wish.quantity) if wish.amount is None else wish.amount
    if amount > rest.amount:
        raise Rejected("more-than-paid", "No more can be paid back than is left.", f"{pointer}/amount")
    return _taken(wish.number, rest, wish.quantity, amount)


def _in_proportion(rest: Left, quantity: Decimal) -> Decimal:
    """The last unit takes the rest, so that rounding (half up, to the line's own digits) loses nothing."""
    if quantity == rest.quantity and (quantity or not rest.line.quantity):
        return rest.amount
    share = rest.line.amount * quantity / rest.line.quantity
    digits = min(CENT, Decimal(1).scaleb(int(rest.line.amount.as_tuple().exponent)))
    return min(share.quantize(digits, ROUND_HALF_UP), rest.amount)


def _taken(number: int, rest: Left, quantity: Decimal, amount: Decimal) -> ReturnedLine:
    """Takes it off what is left, so that a line named twice is counted once."""
    rest.quantity -= quantity
    rest.amount -= amount
    line = rest.line
    return ReturnedLine(
        number=number,
        sku=line.sku,
        brand=line.brand,
        category=line.category,
        manufacturer=line.manufacturer,
        quantity=quantity,
        amount=amount,
    )


def _something(line: ReturnedLine) -> bool:
    return bool(line.quantity or line.amount)
