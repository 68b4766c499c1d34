"""Whatever changes a published event without a new version is a fault, and the fault says what changed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import Field

from lib.records import Record
from tests.ops.contracts.conftest import GONE, Contracts, sent

FewerWays = StrEnum("Way", {"POST": "post", "BOAT": "boat"})
MoreWays = StrEnum("Way", {"POST": "post", "BOAT": "boat", "DRONE": "drone", "PIGEON": "pigeon"})


def initials() -> type[Record]:
    """Another class of the same name."""

    class Whom(Record):
        name: Annotated[str, Field(max_length=2)]

    return Whom


NARROWED: dict[str, tuple[dict[str, Any], str]] = {
    "a field removed": ({"label": GONE}, "/properties/label is gone"),
    "a field renamed": ({"label": GONE, "title": str}, "/properties/title is new"),
    "another type": ({"note": int | None}, "/properties/note/anyOf/0/type is integer, was string"),
    "a value of an enumeration removed": ({"way": FewerWays}, "/$defs/Way/enum lost drone"),
    "an optional field required": ({"note": str}, "/properties/note/anyOf is gone"),
    "a lower greatest value": (
        {"grams": Annotated[int, Field(ge=1, le=50)]},
        "/properties/grams/maximum is 50, was 100",
    ),
    "a higher least value": (
        {"grams": Annotated[int, Field(ge=2, le=100)]},
        "/properties/grams/minimum is 2, was 1",
    ),
    "a bound where none was": (
        {"label": Annotated[str, Field(max_length=50, min_length=2)]},
        "/properties/label/minLength is new",
    ),
    "a shorter text": (
        {"label": Annotated[str, Field(max_length=49)]},
        "/properties/label/maxLength is 49, was 50",
    ),
    "a form that was free": (
        {"label": Annotated[str, Field(max_length=50, pattern="^x+$", examples=["x"])]},
        "/properties/label/pattern is new",
    ),
    "a personal field narrowed": (
        {"personal": initials() | None},
        "/name/maxLength is new",
    ),
}
WIDENED: dict[str, tuple[dict[str, Any], str]] = {
    "a new optional field": ({"colour": str | None}, "/properties/colour is new"),
    "a new value of an enumeration": ({"way": MoreWays}, "/$defs/Way/enum gained pigeon"),
    "a longer text": ({"label": Annotated[str, Field(max_length=51)]}, "maxLength is 51, was 50"),
}


@pytest.mark.parametrize(("changed", "told"), [*NARROWED.values(), *WIDENED.values()], ids=NARROWED | WIDENED)
def test_a_change_without_a_version_is_a_fault_that_names_it(
    contracts: Contracts, changed: dict[str, Any], told: str
) -> None:
    (fault,) = contracts.faults(sent(**changed))
    assert told in fault
    assert "give ThingSent version 2 and an upcaster from 1" in fault


def test_a_change_is_not_written_over_what_is_published(contracts: Contracts) -> None:
    before = contracts.path("ThingSent.v1.json").read_bytes()
    contracts.publish(sent(label=GONE))
    assert contracts.path("ThingSent.v1.json").read_bytes() == before
    assert contracts.faults(sent(label=GONE))


def test_a_class_and_its_published_file_cannot_be_changed_alike(contracts: Contracts) -> None:
    for path in contracts.folder.glob("lockers/ThingSent.*"):
        path.unlink()
    contracts.publish(sent(label=GONE))
    assert [fault.partition(":")[0] for fault in contracts.faults(sent(label=GONE))] == [
        "lockers/ThingSent.v1.example.json is published and was changed",
        "lockers/ThingSent.v1.json is published and was changed",
    ]


@pytest.mark.parametrize("name", ["ThingSent.v1.json", "ThingSent.v1.example.json"])
def test_a_published_file_that_is_gone_is_a_fault(contracts: Contracts, name: str) -> None:
    contracts.path(name).unlink()
    assert contracts.faults(sent()) == [f"lockers/{name} is published and is gone: bring it back."]


def test_a_file_that_nobody_published_is_a_fault(contracts: Contracts) -> None:
    contracts.path("ThingSent.v2.json").write_text("{}")
    (fault,) = contracts.faults(sent())
    assert fault.startswith("lockers/ThingSent.v2.json is not in published.sha256")


def test_publishing_adds_lines_and_takes_none_away(contracts: Contracts) -> None:
    before = (contracts.folder / "published.sha256").read_text().splitlines()
    contracts.publish(sent(2, {1: dict}, colour=str | None))
    after = (contracts.folder / "published.sha256").read_text().splitlines()
    assert set(before) < set(after)
    assert len(after) == len(before) + 2
