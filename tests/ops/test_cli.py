"""The one command: what it says, and how quickly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.cli import COMMANDS, main
from ops.local.home import CHECKOUT


def rapport(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "RAPPORT_HOME": str(home)}
    command = [sys.executable, "-m", "ops", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)


SUPERVISED = ["serve", "relay", "react", "worker", "migrate"]


def test_help_costs_no_heavy_import() -> None:
    program = (
        "import sys; from ops.cli import main; main(['--help'], standalone_mode=False);"
        "assert not {'pydantic', 'rich', 'asyncpg', 'aiokafka', 'httpx', 'supervisor'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", ["up", "down", "status", "token", *SUPERVISED])
def test_every_command_has_help_and_takes_json(command: str) -> None:
    answer = CliRunner().invoke(main, [command, "--help"])
    assert answer.exit_code == 0
    assert "--json" in answer.output


def test_an_unknown_command_is_an_error_of_use() -> None:
    assert CliRunner().invoke(main, ["upp"]).exit_code == 2


def test_status_says_that_nothing_is_up(tmp_path: Path) -> None:
    done = rapport("status", "--json", home=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"home": str(tmp_path), "ready": False, "services": {}, "processes": {}}


def test_down_when_down_is_well(tmp_path: Path) -> None:
    done = rapport("down", "--json", home=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["stopped"] is False


def test_up_in_a_newer_home_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "layout").write_text("7")
    done = rapport("up", home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "layout '7'" in done.stderr


def test_locks_name_no_registry() -> None:
    for lock in CHECKOUT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
