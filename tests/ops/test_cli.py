"""The one command: what it says, and how quickly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ops.checkout import CHECKOUT
from ops.cli import COMMANDS, main, summary


def rapport(*arguments: str, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "RAPPORT_HOME": str(home)}
    command = [sys.executable, "-m", "ops", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)


def test_help_costs_no_heavy_import() -> None:
    program = (
        "import sys; from ops.cli import main; main(['--help'], standalone_mode=False);"
        "assert not {'pydantic', 'rich', 'asyncpg', 'aiokafka', 'httpx', 'supervisor'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_json(command: str) -> None:
    answer = CliRunner().invoke(main, [command, "--help"])
    assert answer.exit_code == 0
    assert "--json" in answer.output


def test_an_unknown_command_is_an_error_of_use() -> None:
    assert CliRunner().invoke(main, ["upp"]).exit_code == 2


def test_status_says_that_nothing_is_up(tmp_path: Path) -> None:
    done = rapport("status", "--json", home=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "home": str(tmp_path),
        "ready": False,
        "manager": "down",
        "services": {},
        "processes": {},
    }


def test_down_when_down_is_well(tmp_path: Path) -> None:
    done = rapport("down", "--json", home=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["stopped"] is False


TOKEN = ("token", "--org", "acme", "--role", "agent")
ASKING = (("verify",), ("views",), ("reactions",), ("parked",), ("replay", "contacts"))


@pytest.mark.parametrize(
    "command",
    [
        ("up",),
        ("status",),
        ("down", "--erase", "--yes"),
        TOKEN,
        ("verify",),
        ("views",),
        ("reactions",),
        ("parked",),
    ],
)
def test_a_newer_home_is_refused_in_one_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "layout").write_text("7")
    (tmp_path / "data").mkdir()
    assert "layout 7" in refused(*command, home=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("command", [("up",), ("status",), ("down", "--erase", "--yes")])
def test_a_folder_of_somebody_else_is_refused_and_left_alone(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "thesis").mkdir()
    assert "is no home of Rapport" in refused(*command, home=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


PROCESSES = (
    ("serve", "contacts"),
    ("relay", "sales"),
    ("react", "sales"),
    ("worker",),
    ("match",),
    ("migrate",),
)


@pytest.mark.parametrize("command", [TOKEN, *ASKING, *PROCESSES])
def test_what_needs_a_stack_says_that_there_is_none(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert f"there is no stack: neither {tmp_path} nor" in refused(*command, home=tmp_path)


def refused(*arguments: str, home: Path) -> str:
    """The one sentence of a command that could not run."""
    done = rapport(*arguments, home=home)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_tells_the_first_line_of_each_commands_own_help(name: str) -> None:
    with click.Context(main) as context:
        found = main.get_command(context, name)
    assert found is not None
    assert found.help is not None
    assert found.help.splitlines()[0] == summary(name)
    assert summary(name).endswith(".")


@pytest.mark.parametrize(
    ("command", "known"),
    [("serve", "contacts, sales, views"), ("relay", "contacts, sales"), ("react", "sales")],
)
def test_an_unknown_service_is_answered_with_the_known_ones(command: str, known: str) -> None:
    answer = CliRunner().invoke(main, [command, "nosuch"])
    assert answer.exit_code == 2
    assert all(f"'{service}'" in answer.stderr for service in known.split(", "))


def test_a_process_that_was_told_to_stop_answers_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.web.process.run", lambda name: None)
    stack = {"RAPPORT_HOME": str(tmp_path), "RAPPORT_DSN__CONTACTS_APP": "postgresql://db.example/rapport"}
    answer = CliRunner().invoke(main, ["serve", "contacts", "--json"], env=stack)
    assert json.loads(answer.stdout) == {"process": "contacts", "seconds": 0.0}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("st", ["status"]),
        ("up --po", ["--ports"]),
        ("up --ports ", ["fixed", "auto"]),
        ("serve v", ["views"]),
    ],
)
def test_the_shell_completes_as_the_guide_says(words: str, offered: list[str]) -> None:
    script = f"""
        eval "$(_RAPPORT_COMPLETE=bash_source ./rapport)"
        IFS=' ' read -ra COMP_WORDS <<< "./rapport {words}"
        [[ "{words}" == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        complete -p rapport > /dev/null && _rapport_completion ./rapport && echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.stdout.split() == offered, done.stderr


def test_locks_name_no_registry() -> None:
    for lock in CHECKOUT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
