"""`test`: pytest with everything that it needs."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import click

from ops.local import environment
from ops.local.home import CHECKOUT
from ops.output import answer

PYTEST = [sys.executable, "-m", "pytest"]
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile")
"""All tests: a file at a time in two processes, each with its own servers, since many tests wait for one."""


# Every option is pytest's, its --help too.
@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...], as_json: bool) -> None:
    """Run the tests against a PostgreSQL and a Kafka of their own; ARGUMENTS are pytest's.

    Example: ./rapport test tests/kernel -k store
    """
    environment.need(environment.DEV)
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
