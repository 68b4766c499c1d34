"""`bench` takes of its options those that a measurement knows, and says so before it does anything."""

from __future__ import annotations

import importlib
import inspect

import pytest
from click.testing import CliRunner

from bench.command import BENCHES, TAKES
from ops import packages
from ops.cli import main


@pytest.mark.parametrize(
    ("name", "option"), [("growth", "--rounds=1"), ("append", "--events=9000"), ("travel", "--seed=x")]
)
def test_an_option_that_a_measurement_does_not_take_is_refused_before_anything_is_installed(
    name: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "need", lambda _: pytest.fail("installs"))
    said = CliRunner().invoke(main, ["bench", name, option])
    assert (said.exit_code, said.stdout) == (2, "")
    assert f"bench {name} takes no {option.partition('=')[0]}." in said.stderr


@pytest.mark.parametrize("name", BENCHES)
def test_a_measurement_takes_what_is_said_of_it(name: str) -> None:
    parameters = inspect.signature(importlib.import_module(f"bench.{name}").measure).parameters
    assert parameters.keys() - {"tell"} == TAKES.get(name, {"rounds"})
