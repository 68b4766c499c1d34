"""`test` says what it does itself and leaves everything else to pytest."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import main


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of the pytest that was called."""
    found: list[str] = []

    def call(command: list[str], cwd: Path) -> int:
        found[:] = command[3:]
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr("ops.packages.need", lambda lock: None)
    return found


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_its_help_is_about_itself_and_calls_no_pytest(called: list[str], option: str) -> None:
    answer = CliRunner().invoke(main, ["test", option])
    assert answer.exit_code == 0
    assert called == []
    assert all(
        word in answer.output for word in ("PostgreSQL", "two processes", "RAPPORT_TEST_CONTAINERS", "pytest")
    )


def test_without_arguments_two_processes_run(called: list[str]) -> None:
    assert CliRunner().invoke(main, ["test"]).exit_code == 0
    assert called[:2] == ["-n", "2"]


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (["tests/kernel", "-k", "store"], ["tests/kernel", "-k", "store"]),
        (["-x", "--lf", "tests"], ["-x", "--lf", "tests"]),
        (["--", "--help"], ["--help"]),
    ],
)
def test_arguments_are_pytests(called: list[str], given: list[str], passed: list[str]) -> None:
    assert CliRunner().invoke(main, ["test", *given]).exit_code == 0
    assert called == passed
