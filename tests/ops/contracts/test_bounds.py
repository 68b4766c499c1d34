"""An older version is tried with what its schema just allows, and with nothing beyond."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field

from tests.ops.contracts.conftest import Contracts, sent

Body = dict[str, Any]

ABOUT: dict[str, Any] = {
    "about": Annotated[list[str], Field(max_length=3)],
    "grams": Annotated[int, Field(ge=0, le=100)],
}


def by_the_first(body: Body) -> Body:
    return body | {"first": body["about"][0]}


def by_the_only_one(body: Body) -> Body:
    (only,) = body["about"] or [""]
    return body | {"first": only}


def by_the_first_letter(body: Body) -> Body:
    return body | {"first": body["label"][0]}


def by_the_whole_label(body: Body) -> Body:
    return body | {"first": body["label"]}


def by_a_share_of_the_weight(body: Body) -> Body:
    return body | {"first": str(100 // body["grams"])}


def by_what_is_missing_of_a_hundred_grams(body: Body) -> Body:
    return body | {"first": str(100 // (100 - body["grams"]))}


@pytest.mark.parametrize(
    ("upcaster", "told"),
    [
        (by_the_first, "IndexError"),
        (by_the_only_one, "ValueError: too many values"),
        (by_the_first_letter, "IndexError"),
        (by_the_whole_label, "at most 30 characters: first"),
        (by_a_share_of_the_weight, "ZeroDivisionError"),
        (by_what_is_missing_of_a_hundred_grams, "ZeroDivisionError"),
    ],
)
def test_lists_texts_and_numbers_are_tried_at_their_bounds(
    tmp_path: Path, upcaster: Callable[[Body], Body], told: str
) -> None:
    contracts = Contracts(tmp_path)
    contracts.publish(sent(**ABOUT))
    second = sent(2, {1: upcaster}, **ABOUT, first=Annotated[str, Field(max_length=30)])
    contracts.publish(second)
    (fault,) = contracts.faults(second)
    assert told in fault


def test_what_a_schema_does_not_allow_is_not_tried(tmp_path: Path) -> None:
    bounded: dict[str, Any] = {
        "about": Annotated[list[str], Field(min_length=1, max_length=1)],
        "label": Annotated[str, Field(min_length=1, max_length=30)],
    }

    def all_of_it(body: Body) -> Body:
        (about,) = body["about"]
        return body | {
            "first": body["label"],
            "only": about,
            "letter": body["label"][0],
            "share": 100 // body["grams"],
        }

    contracts = Contracts(tmp_path)
    contracts.publish(sent(**bounded))
    second = sent(
        2,
        {1: all_of_it},
        **bounded,
        first=Annotated[str, Field(max_length=30)],
        only=str,
        letter=str,
        share=int,
    )
    contracts.publish(second)
    assert contracts.faults(second) == []


def zoned(zone: str) -> str:
    if "/" not in zone:
        raise ValueError("a time zone is a name as Europe/Vienna")
    return zone


@pytest.mark.parametrize(("taken", "faults"), [("zone", 0), ("label", 1)])
def test_what_only_the_class_asks_of_a_text_is_asked_of_the_example(
    tmp_path: Path, taken: str, faults: int
) -> None:
    zone = Annotated[str, Field(max_length=30, examples=["Europe/Vienna"]), AfterValidator(zoned)]
    contracts = Contracts(tmp_path)
    contracts.publish(sent(zone=zone))
    second = sent(2, {1: lambda body: body | {"place": body[taken]}}, zone=zone, place=zone)
    contracts.publish(second)
    assert len(contracts.faults(second)) == faults
