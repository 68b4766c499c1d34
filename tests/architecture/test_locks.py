"""The locks of packages: what they hold may be installed from anywhere, and into one environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in CHECKOUT.glob("requirements*.lock"))
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; ([^\\]*))?", re.MULTILINE)


def pinned(lock: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The packages of a lock, each with the condition it is needed under, and their versions."""
    for name, version, condition in PINNED.findall((CHECKOUT / lock).read_text()):
        yield (name, condition.strip()), version


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address_and_a_digest_of_everything(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    assert "://" not in text
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(list(pinned(lock)))
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize(("one", "other"), list(combinations(LOCKS, 2)))
def test_locks_agree_because_they_are_installed_into_one_environment(one: str, other: str) -> None:
    here, there = dict(pinned(one)), dict(pinned(other))
    shared = here.keys() & there.keys()
    assert {package: here[package] for package in shared} == {package: there[package] for package in shared}
