"""The page of reliability tells of every fault that is brought about, and of no other."""

import re

from bench.faults.accidents.disk import FULL
from bench.faults.campaign import every
from ops.checkout import CHECKOUT

ROW = re.compile(r"^\| ([^|]+?) \|(?: *[\d,]* *\|){2}", re.MULTILINE)


def test_the_page_has_a_row_for_every_fault() -> None:
    page = (CHECKOUT / "docs" / "reliability.md").read_text()
    told = [name for name in ROW.findall(page) if name != "fault"]
    assert sorted(told) == sorted(fault.name for fault in [*every(clocked=True), FULL])
