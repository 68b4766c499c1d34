"""`python -m tests.faults.planted.everywhere [EXPRESSION]`: after every fault a row of a view goes away.

Each test of a fault, or of those that pytest's -k chooses by the expression, must fail for this row alone:
whatever breaks, its oracle looks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.planted.bug import VIEWS, Edit
from tests.faults.planted.finding import TESTS, copied, edited

TAKEN_AWAY: Edit = (
    "bench/faults/oracle.py",
    "            recovery = await _recover(system, load)\n",
    """            recovery = await _recover(system, load)
            from kernel.database import connect_pool

            views = await connect_pool(system.settings, "projections_log", max_size=1)
            table = await views.fetchval("SELECT live FROM view WHERE name = 'journal'")
            await views.execute(f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})")
            await views.close()
""",
)
"""A line of the journal: no later event makes it again, as a merge may do with a row of another view."""
SAYS = re.compile(f"lost 0  doubled 0  inverted 0  otherwise 0  {VIEWS}")
NO_FAULTS = ("test_planted.py", "test_page.py")


def main() -> int:
    with copied() as copy:
        for path, text in edited((TAKEN_AWAY,)).items():
            (copy / path).write_text(text)
        told = _ran(copy, sys.argv[1:])
    missed = 0
    for name, said in told:
        found = SAYS.search(said)
        missed += found is None
        print(name, "found it" if found else f"DID NOT FIND IT: {said or 'it passed'}", sep=": ")
    print(f"{len(told) - missed} of {len(told)} found it")
    return 1 if missed or not told else 0


def _ran(copy: Path, chosen: list[str]) -> list[tuple[str, str]]:
    """Each test and what it said; one that is left out is none."""
    report = copy / "report.xml"
    command = [sys.executable, "-m", "pytest", str(copy / TESTS), "-q", f"--junitxml={report}"]
    command += [f"--ignore={copy / TESTS / name}" for name in NO_FAULTS]
    command += [part for one in chosen for part in ("-k", one)]
    subprocess.run(command, cwd=copy, stdout=subprocess.DEVNULL)
    return [
        (case.attrib["name"], "\n".join(text for part in case for text in (part.attrib.get("message", ""),)))
        for case in ElementTree.parse(report).iter("testcase")
        if case.find("skipped") is None
    ]


if __name__ == "__main__":
    raise SystemExit(main())
