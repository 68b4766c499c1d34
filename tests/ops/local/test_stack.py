"""The whole local stack, with a small process in the place of ours."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ops.checkout import CHECKOUT
from ops.cli import main
from ops.commands.up import servers
from ops.errors import CannotRun
from ops.local import stack
from ops.local.home.home import Home
from ops.local.status import document
from ops.local.supervising import configuration, manager, strays
from ops.local.supervising.processes import OURS, Process

READY = """
import json, os, pathlib
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers(), self.wfile.write(b'{"parked": {"shelves": 2}}')
    def log_message(self, *of): pass
ports = json.loads(pathlib.Path(os.environ["RAPPORT_HOME"], "stack.json").read_text())["ports"]
HTTPServer(("127.0.0.1", ports[os.environ["RAPPORT_PROCESS"]]), Answer).serve_forever()
"""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def ready(tmp_path: Path) -> Process:
    return process(tmp_path, READY)


def process(folder: Path, program: str) -> Process:
    (folder / "program.py").write_text(program)
    return Process("contacts", OURS, [sys.executable, str(folder / "program.py")])


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "a home of 100 % & more")
    yield home
    stack.stop(home)


def say(text: str) -> None:
    print(text)


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.1)


def manager_of(home: Home) -> int:
    return int((home.run / "manager.pid").read_text())


def kill_manager(home: Home) -> None:
    os.kill(manager_of(home), signal.SIGKILL)


def test_a_stack_comes_up_survives_kills_and_leaves_nothing(home: Home, ready: Process) -> None:
    assert stack.up(home, "auto", say, [ready]).started
    said: list[str] = []
    again = stack.up(home, None, said.append, [ready])
    assert not again.started
    assert not said
    assert not again.remark
    assert "runs with --ports auto and keeps them" in stack.up(home, "fixed", say, [ready]).remark
    assert again.stack.passwords["postgres"] not in servers(again.stack)
    with pytest.raises(CannotRun, match="without cases"):
        stack.up(home, None, say, [ready, replace(ready, name="cases")])
    assert not stack.stop_left(home, say)
    before = document(home)
    assert before["ready"]
    assert before["processes"]["kafka"]["address"] == before["kafka"]
    assert before["services"]["contacts"]["url"].startswith("http://")
    managers = configuration.log(home).read_text()
    assert "'pauses' initialized" in managers
    assert "CRIT" not in managers
    killed = [before["services"]["contacts"]["pid"], before["processes"]["postgres"]["pid"]]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    until(lambda: document(home)["services"]["contacts"]["restarts"] == 1)
    until(lambda: bool(document(home)["ready"]))
    assert stack.stop(home)
    assert not strays.find(home)
    for command in ("views", "reactions", "verify"):
        told = subprocess.run(
            [sys.executable, "-m", "ops", command],
            cwd=CHECKOUT,
            env={**os.environ, "RAPPORT_HOME": str(home.root)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert told.returncode == 2
        assert "does not run: start it with `./rapport up`" in told.stderr


def test_what_a_killed_manager_leaves_is_found_and_stopped(home: Home, ready: Process) -> None:
    stack.up(home, "auto", say, [ready])
    kill_manager(home)
    until(lambda: not manager.alive(home))
    told = CliRunner().invoke(main, ["status"], env={"RAPPORT_HOME": str(home.root)})
    assert told.exit_code == 1
    assert "The process manager is gone" in told.stdout
    left = document(home)
    assert left["services"]["contacts"]["state"] == "unsupervised"
    assert "shelves 2" in told.stdout
    assert "What is parked waits until it is tried again: `./rapport parked` says why." in told.stdout
    assert {"contacts", "postgres", "kafka"} == {*left["services"], *left["processes"]}
    former = set(strays.find(home))
    assert stack.up(home, None, say, [ready]).started
    assert document(home)["ready"]
    running = strays.find(home)
    assert not former & set(running)
    kinds = [one.environ()[strays.MARK] for one in running if one.ppid() == manager_of(home)]
    assert sorted(kinds) == ["contacts", "kafka", "postgres"]
    kill_manager(home)
    until(lambda: not manager.alive(home))
    assert stack.stop_left(home, say)
    assert not strays.find(home)


def test_a_stopped_manager_is_told_of_in_time_and_can_go_on_or_be_ended(
    home: Home, ready: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "SECONDS_TO_ANSWER", 2.0)
    stack.up(home, "auto", say, [ready])
    pid = manager_of(home)
    os.kill(pid, signal.SIGSTOP)
    told = CliRunner().invoke(main, ["status"], env={"RAPPORT_HOME": str(home.root)})
    assert told.exit_code == 1
    assert f"The process manager, process {pid}, does not answer: `kill -CONT {pid}`" in told.stdout
    seen = document(home)
    assert (seen["manager"], seen["services"]["contacts"]["ready"]) == ("silent", True)
    with pytest.raises(CannotRun, match="does not answer"):
        stack.up(home, None, say, [ready])
    os.kill(pid, signal.SIGCONT)
    until(lambda: bool(document(home)["ready"]))
    os.kill(pid, signal.SIGSTOP)
    assert stack.stop(home)
    assert not strays.find(home)


def test_a_start_whose_manager_is_killed_says_so_and_leaves_nothing(home: Home, ready: Process) -> None:
    def kill(text: str) -> None:
        if text.startswith("waiting for PostgreSQL"):
            kill_manager(home)

    with pytest.raises(CannotRun, match="the process manager has ended"):
        stack.up(home, "auto", kill, [ready])
    assert not strays.find(home)


def test_a_process_that_cannot_come_up_is_named_with_the_end_of_its_log(home: Home, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"contacts ends again and again(.|\n)*no such thing"):
        stack.up(home, "auto", say, [process(tmp_path, "raise SystemExit('no such thing')")])
    assert not strays.find(home)
    assert not manager.alive(home)
