"""An event that a test changes at will, and a folder where its first version is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field

from kernel.log.facts import Event
from kernel.web.service import Service
from lib.records import Record
from ops.contracts import files
from tests.lockers.aggregate import LOCKER


class Way(StrEnum):
    POST = "post"
    BOAT = "boat"
    DRONE = "drone"


class Whom(Record):
    name: str


FIELDS: Mapping[str, Any] = {
    "contact_id": UUID,
    "way": Way,
    "grams": Annotated[int, Field(ge=1, le=100)],
    "label": Annotated[str, Field(max_length=50)],
    "note": str | None,
    "personal": Whom | None,
}
OPTIONAL = {"note": None, "personal": None}
GONE = object()


def sent(version: int = 1, upcasters: Mapping[int, Callable[..., Any]] | None = None, **changed: Any) -> Any:
    """The event `ThingSent` with some of its fields changed, new or GONE."""
    fields = {name: hint for name, hint in {**FIELDS, **changed}.items() if hint is not GONE}
    defaults = {name: None for name in OPTIONAL if name in fields}
    names = {"__module__": "tests.lockers.aggregate", "__annotations__": fields, **defaults}
    return type(Event)("ThingSent", (Event,), {**names, "version": version, "upcasters": upcasters or {}})


@dataclass(frozen=True)
class Contracts:
    """A folder of schemas, and what is said of it for a class."""

    folder: Path

    def faults(self, event: type[Event]) -> list[str]:
        """What is wrong with what was published, for a program with that class."""
        stale = "is not what the code says: run `./rapport schemas`."
        return [fault for fault in files.check(self.folder, [service_with(event)]) if stale not in fault]

    def publish(self, event: type[Event]) -> list[str]:
        return files.write(self.folder, [service_with(event)])

    def path(self, name: str) -> Path:
        return self.folder / "lockers" / name


def service_with(event: type[Event]) -> Service:
    return Service("lockers", aggregates=(replace(LOCKER, events=(event,)),))


@pytest.fixture
def contracts(tmp_path: Path) -> Contracts:
    """With the first version of ThingSent published."""
    found = Contracts(tmp_path)
    found.publish(sent())
    assert found.faults(sent()) == []
    return found
