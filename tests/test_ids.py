"""Every test runs, in however many processes."""

import subprocess
import sys

import pytest

from ops.checkout import CHECKOUT

TWICE = """
import copy

import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    items.append(copy.copy(items[0]))
"""


def run_with_a_test_twice(folder, *processes):
    (folder / "twice.py").write_text(TWICE)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "twice", *processes, "tests/kernel/test_failpoints.py"],
        cwd=CHECKOUT,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_two_tests_by_one_id_are_named(tmp_path):
    ran = run_with_a_test_twice(tmp_path)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "more than one test is called tests/kernel/test_failpoints.py::" in ran.stderr


def test_two_tests_by_one_id_end_a_run_of_several_processes_too(tmp_path):
    assert run_with_a_test_twice(tmp_path, "-n", "2").returncode == pytest.ExitCode.INTERNAL_ERROR
