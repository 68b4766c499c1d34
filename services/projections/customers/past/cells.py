"""The cells of a customer's page: each value that it shows has a name, which stays while others come and go.

A name is a JSON pointer into the page, in which contacts, consents, relations and purchases stand under keys
of their own instead of numbers: /contacts/<id>/given, /consents/marketing:mail:own, /purchases/EUR/net.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kernel.web.wire.bodies import escaped
from services.projections.customers.page.showing import Customer

Path = tuple[str, ...]

KEYS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "contacts": lambda one: str(one["contact_id"]),
    "consents": lambda one: f"{one['purpose']}:{one['channel']}:{one['recipient_id'] or 'own'}",
    "relations": lambda one: f"{one['kind']}:{one['direction']}:{one['other_id']}",
    "purchases": lambda one: str(one["currency"]),
}
"""What the elements of a section that is a list are called."""

DEPTH = {"customer_id": 1, "value_tier": 1, "contacts": 3, "purchases": 3}
"""Steps to a section's cells; to those of others two. What stands deeper is a part of its cell."""


def section(name: str, shown: Any) -> Any:
    """What the page shows in this section, as JSON, with keys for the elements of a list."""
    value = msgspec.to_builtins(shown)
    return _keyed(value, KEYS[name]) if name in KEYS else value


def _keyed(elements: Sequence[dict[str, Any]], key: Callable[[dict[str, Any]], str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in elements:
        name, number = key(element), 1
        while (called := name if number == 1 else f"{name}:{number}") in found:
            number += 1
        found[called] = element
    return found


def cells(name: str, value: Any) -> Iterator[tuple[Path, Any]]:
    """Every cell of a section with its value."""
    waiting: list[tuple[Path, Any]] = [((name,), value)]
    while waiting:
        path, inner = waiting.pop()
        if isinstance(inner, dict) and len(path) < _depth(path):
            waiting += [((*path, step), deeper) for step, deeper in inner.items()]
        else:
            yield path, inner


def cells_of(page: Customer) -> dict[Path, Any]:
    """Every cell of a page with its value."""
    return {
        path: value
        for name in page.__struct_fields__
        for path, value in cells(name, section(name, getattr(page, name)))
    }


def _depth(path: Path) -> int:
    return 4 if path[0] == "purchases" and path[2:3] == ("months",) else DEPTH.get(path[0], 2)


def pointer(path: Path) -> str:
    """The name of the cell."""
    return "".join(f"/{escaped(step)}" for step in path)


def path_of(cell: str) -> Path:
    """The steps of a name; the first slash may be missing."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in cell.removeprefix("/").split("/"))


def at(value: Any, steps: Path) -> Any:
    """What stands there in a section; None where nothing does."""
    for step in steps:
        if isinstance(value, list | tuple):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def named(name: str, value: Any, steps: Path) -> Path:
    """The same steps, with the key in place of the number of an element."""
    if name in KEYS and steps and steps[0].isdecimal() and int(steps[0]) < len(value):
        return (list(value)[int(steps[0])], *steps[1:])
    return steps


def is_there(value: Any, steps: Path) -> bool:
    """Whether such a cell is there, be its value null."""
    *before, last = steps or ("",)
    holder = at(value, tuple(before))
    return not steps or (isinstance(holder, dict) and last in holder) or at(value, steps) is not None
