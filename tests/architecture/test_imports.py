"""Who may import whom: the house of docs/architecture.md, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
HOUSE = ("kernel", "lib", "services", "ops", "bench")


def modules() -> Iterator[Path]:
    for folder in HOUSE:
        yield from sorted((CHECKOUT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """What a module imports, as full names; `from a import b` is a.b, so that b may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(importer: str, imported: str) -> bool:
    """Whether the house lets one import the other."""
    room, target = importer.split("."), imported.split(".")
    if target[0] not in HOUSE:
        return True
    match room[0], target[0]:
        case "ops" | "bench", _:
            return True
        case "services", "services":
            return target[1] == room[1] or target[2] == "events"
        case "services", "kernel" | "lib":
            return True
        case "kernel", "kernel":
            return room[1] != "taking" or target[1] not in ("view", "reaction")
        case "kernel", "lib":
            return True
        case "lib", "lib":
            return True
    return False


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_a_module_imports_only_what_its_place_allows(path: Path) -> None:
    assert [found for found in imports(path) if not allowed(name_of(path), found)] == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("kernel.log.store", "services.contacts.events.ContactRegistered"),
        ("services.sales.purchase", "services.contacts.commands.RegisterContact"),
        ("lib.money", "kernel.log.facts.Event"),
        ("services.contacts.app", "ops.acks.Acks"),
        ("kernel.taking.parking", "kernel.view.view.View"),
    ],
)
def test_what_the_house_forbids_is_noticed(importer: str, imported: str) -> None:
    assert not allowed(importer, imported)


DECIDING = ("services/contacts/decider", "services/sales/purchase.py", "services/sales/returning.py")
DECIDING += ("services/sales/product.py", "services/sales/value_tiers.py")
IMPURE = ("asyncio", "asyncpg", "aiokafka", "logging", "os", "random", "socket", "time", "kernel.database")


@pytest.mark.parametrize("place", DECIDING)
def test_deciders_are_pure(place: str) -> None:
    found = CHECKOUT / place
    for path in found.rglob("*.py") if found.is_dir() else [found]:
        assert [name for name in imports(path) if name.startswith(IMPURE)] == []
        assert not {"now", "today", "uuid4"} & {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
