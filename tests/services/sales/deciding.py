"""Given some facts, when there is a wish: what is decided about a purchase."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from kernel.commands import Command, Rejected
from kernel.log.facts import Event
from services.sales import purchase
from services.sales.commands import RecordPurchase

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ANNA = UUID(int=1)
BERT = UUID(int=2)
CARD = {"kind": "loyalty-card", "digest": "0" * 32}


def line(quantity: str = "1", amount: str = "10.00", **more: Any) -> dict[str, Any]:
    """A line as a body has it."""
    return {"sku": "4711", "quantity": quantity, "amount": amount, **more}


def wish(command: type[Command], **body: Any) -> Any:
    """The command as it comes through the door."""
    return TypeAdapter(command).validate_python(body)


def state(given: Iterable[Event]) -> purchase.Purchase:
    """The purchase after what happened."""
    return reduce(purchase.evolve, given, purchase.initial(UUID(int=8), UUID(int=9)))  # type: ignore[arg-type]


def when(command: Any, given: Iterable[Event] = (), now: datetime = NOW) -> list[Event]:
    """What is decided."""
    return purchase.decide(command, state(given), now)


def recorded(*lines: dict[str, Any], **body: Any) -> list[Event]:
    """A basket that was bought."""
    return when(wish(RecordPurchase, currency="EUR", lines=list(lines or (line(),)), **body))


@contextmanager
def rejected(code: str, pointer: str | None = None) -> Iterator[pytest.ExceptionInfo[Rejected]]:
    """The body is refused with this code, about this field."""
    with pytest.raises(Rejected) as refusal:
        yield refusal
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)
