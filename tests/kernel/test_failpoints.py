"""A failpoint ends or stops a local process where a test says so, and does nothing anywhere else."""

import os
import subprocess
import sys

import pytest

REACH = "from kernel.failpoints import failpoint; failpoint('relay.sent')"


def exit_code(mode: str, named: str) -> int:
    environment = {**os.environ, "RAPPORT_MODE": mode, "RAPPORT_FAILPOINT": named}
    return subprocess.run([sys.executable, "-c", REACH], env=environment, check=False).returncode


def test_a_named_failpoint_ends_the_process() -> None:
    assert exit_code("local", "relay.sent") == 137


@pytest.mark.parametrize(
    ("mode", "named"),
    [("production", "relay.sent"), ("local", ""), ("local", "relay"), ("local", "relay.sent.x")],
)
def test_otherwise_nothing_happens(mode: str, named: str) -> None:
    assert exit_code(mode, named) == 0
