"""`test`: pytest with everything that it needs."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import click

from ops import packages
from ops.checkout import CHECKOUT
from ops.output import answer

PYTEST = [sys.executable, "-m", "pytest"]
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile")
"""All tests: a file at a time in two processes, each with its own servers, since many tests wait for one."""


# What is not an option here is one of pytest's.
@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...], as_json: bool) -> None:
    """Run the tests against a PostgreSQL and a Kafka of their own.

    Without ARGUMENTS all tests run, in two processes with their own servers each. ARGUMENTS are pytest's, and
    then it is one process: `./rapport test -- --help` shows what there is. The exit code is pytest's too.

    Example: ./rapport test tests/kernel -k store

    The servers listen on free ports and keep their data in a temporary folder; a stack that is up is not
    touched. With RAPPORT_TEST_CONTAINERS=1 they are containers instead, which needs Docker.
    """
    packages.need(packages.DEV)
    arguments = arguments or TWO_AT_ONCE
    if not as_json:
        sys.exit(subprocess.call([*PYTEST, *arguments], cwd=CHECKOUT))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = subprocess.call([*PYTEST, *arguments, f"--junitxml={report}"], cwd=CHECKOUT, stdout=sys.stderr)
        answer({"exit": code, **_counts(report)}, "", as_json=True)
    sys.exit(code)


def _counts(report: Path) -> dict[str, float]:
    """Tests, failures, errors, skipped and seconds from pytest's JUnit report."""
    if not report.exists():
        return {}
    suite = next(ElementTree.parse(report).iter("testsuite"))
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    return {**counts, "seconds": float(suite.attrib["time"])}
