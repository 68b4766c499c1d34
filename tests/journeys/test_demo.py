"""The demonstration, as a newcomer runs it: what it prints is true, and what it gives to paste works."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.checkout import CHECKOUT

RAPPORT = str(CHECKOUT / "rapport")
SECONDS = 400

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A home of its own; whatever runs in it is stopped at the end."""
    home = tmp_path_factory.mktemp("demo") / "a home"
    found = {**os.environ, "RAPPORT_HOME": str(home)}
    yield found
    run(found, "down", "--erase", "--yes")


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RAPPORT, *arguments], env=environment, capture_output=True, text=True, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def first(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The first run."""
    done = run(environment, "demo", "--small", "--ports", "auto")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def printed(first: subprocess.CompletedProcess[str]) -> str:
    """What it said."""
    return first.stdout


def pasted(environment: dict[str, str], printed: str) -> list[dict[str, Any]]:
    """The answers of everything between "to paste" and the ending, given to a shell as it stands."""
    script = printed.split("to paste, in this order:")[1].split("The stack runs on")[0]
    another_shell = {name: value for name, value in environment.items() if name != "RAPPORT_HOME"}
    done = subprocess.run(
        ["bash", "-ec", script], env=another_shell, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    decoder, answers, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].strip()
    return answers


def test_it_shows_real_households_with_a_year_of_purchases(printed: str) -> None:
    assert "248 households" in printed
    assert "14,489 baskets with 142,393 lines" in printed
    assert "verify: nothing differs" in printed
    assert "value tier on 2017-12-31: platinum" in printed


def test_without_a_terminal_too_it_says_how_far_it_is(first: subprocess.CompletedProcess[str]) -> None:
    assert re.search(r"purchases: [\d,]+ of 14,489 commands, [\d,.]+/s", first.stderr)
    assert re.search(r"verify: \d+ of \d+ partitions of logs and views", first.stderr)


def test_what_it_gives_to_paste_works_as_printed(environment: dict[str, str], printed: str) -> None:
    page, merged, unmerged = pasted(environment, printed)
    assert page["contacts"][0]["given"] == "Ada"
    assert page["value_tier"]["tier"] == "platinum"
    assert [event["type"] for event in merged["events"]]
    assert unmerged["id"] == merged["id"]
    assert unmerged["version"] > merged["version"]


def test_a_second_run_loads_nothing_twice(environment: dict[str, str], printed: str) -> None:
    done = run(environment, "demo", "--small", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["loaded"]["commands"] == 0
    assert document["loaded"]["baskets"] == 14_489
    assert document["verify"]["ok"]
    assert document["customer"]["purchases"][0]["purchases"] == 449


def test_a_run_without_its_journal_repeats_every_command_and_changes_nothing(
    environment: dict[str, str], printed: str
) -> None:
    before = json.loads(run(environment, "verify", "--json").stdout)
    (Path(environment["RAPPORT_HOME"]) / "demo.acks").unlink()
    done = run(environment, "demo", "--small", "--json")
    assert done.returncode == 0, done.stderr
    after = json.loads(done.stdout)["verify"]
    assert after["services"]["sales"]["rows"] == before["services"]["sales"]["rows"]
