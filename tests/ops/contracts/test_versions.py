"""Every older version is read as the present one, whatever its schema allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import Field

from tests.lockers.aggregate import LockerBuilt
from tests.ops.contracts.conftest import GONE, Contracts, sent

Body = dict[str, Any]
Title = Annotated[str, Field(max_length=50)]


def titled(body: Body) -> Body:
    """Version 2: the label is called a title."""
    return {"title": body.pop("label"), **body}


def second(upcaster: Callable[[Body], Body]) -> Any:
    return sent(2, {1: upcaster}, label=GONE, title=Title)


def test_a_new_version_with_its_upcaster_is_published_beside_the_former(contracts: Contracts) -> None:
    written = contracts.publish(second(titled))
    assert {"lockers/ThingSent.v2.json", "lockers/ThingSent.v2.example.json"} < set(written)
    assert contracts.path("ThingSent.v1.json").exists()
    assert contracts.faults(second(titled)) == []


def test_a_version_without_an_upcaster_from_each_older_one_is_a_fault(contracts: Contracts) -> None:
    contracts.publish(second(titled))
    third = {"label": GONE, "title": GONE, "caption": Title}
    contracts.publish(sent(3, {1: titled, 2: dict}, **third))
    for missing in (1, 2):
        kept = {n: dict for n in (1, 2) if n != missing}
        assert f"ThingSent has no upcaster from version {missing}." in contracts.faults(
            sent(3, kept, **third)
        )


def untouched(body: Body) -> Body:
    return body


def with_both(body: Body) -> Body:
    return {"title": body["label"], **body}


def too_long(body: Body) -> Body:
    return titled(body) | {"title": "x" * 51}


def by_a_field_that_may_be_missing(body: Body) -> Body:
    return titled(body) | {"title": body["note"]}


def by_what_is_personal(body: Body) -> Body:
    return titled(body) | {"title": body["personal"]["name"]}


def by_some_ways(body: Body) -> Body:
    return titled(body) | {"title": {"post": "letter", "boat": "parcel"}[body["way"]]}


@pytest.mark.parametrize(
    ("upcaster", "told"),
    [
        (untouched, "title"),
        (with_both, "label"),
        (too_long, "at most 50 characters: title"),
        (by_a_field_that_may_be_missing, "KeyError: 'note'"),
        (by_what_is_personal, "KeyError: 'personal'"),
        (by_some_ways, "KeyError: 'drone'"),
    ],
)
def test_an_upcaster_whose_result_is_no_event_of_the_next_version_is_a_fault(
    contracts: Contracts, upcaster: Callable[[Body], Body], told: str
) -> None:
    contracts.publish(second(upcaster))
    (fault,) = contracts.faults(second(upcaster))
    assert fault.startswith("lockers/ThingSent.v1.example.json is not read as version 2: ")
    assert told in fault


def test_an_older_version_that_is_missing_cannot_be_made_anew(contracts: Contracts) -> None:
    contracts.publish(second(titled))
    contracts.path("ThingSent.v1.example.json").unlink()
    listed = contracts.folder / "published.sha256"
    listed.write_text("".join(line for line in listed.open() if "v1.example" not in line))
    assert contracts.faults(second(titled)) == [
        "lockers/ThingSent.v1.example.json is missing and cannot be made anew: bring it back."
    ]


def test_a_published_version_that_the_class_does_not_know_is_a_fault(contracts: Contracts) -> None:
    contracts.publish(second(titled))
    assert contracts.faults(sent()) == [
        "lockers/ThingSent.v2.example.json is published, and ThingSent has no version 2."
    ]


def test_a_published_event_without_a_class_is_a_fault(contracts: Contracts) -> None:
    (fault,) = contracts.faults(LockerBuilt)[:1]
    assert fault == "lockers/LockerBuilt.v1.json is missing: run `./rapport schemas`."
    contracts.publish(LockerBuilt)
    assert contracts.faults(LockerBuilt) == [
        "lockers/ThingSent.v1.example.json is published, and there is no class ThingSent."
    ]
