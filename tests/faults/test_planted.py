"""A planted bug counts as found only where it alone makes its test fail, for the reason expected."""

from pathlib import Path

import pytest

from tests.faults.planted.__main__ import BUGS
from tests.faults.planted.bug import LOST, Edit
from tests.faults.planted.everywhere import TAKEN_AWAY
from tests.faults.planted.finding import TESTS as FOLDER
from tests.faults.planted.finding import Ran, edited, judged, ran

TESTS = """
import pytest

def test_well(): pass
def test_lost(): assert False, "doubled 0  lost 3"
def test_otherwise(): raise KeyError("lost 0")
@pytest.mark.skip(reason="no disk")
def test_left_out(): pass
"""


@pytest.fixture
def test(tmp_path: Path) -> Path:
    path = tmp_path / FOLDER / "test_it.py"
    path.parent.mkdir(parents=True)
    path.write_text(TESTS)
    return path


@pytest.mark.parametrize(
    ("without", "planted", "well", "why"),
    [
        ("test_well", "test_lost", True, "lost 3"),
        ("test_well", "test_well", False, "the test passes"),
        ("test_well", "test_otherwise", False, "another reason"),
        ("test_well", "test_left_out", False, "another reason"),
        ("test_well", "test_misspelled", False, "another reason"),
        ("test_lost", "test_lost", False, "without the bug too"),
        ("test_left_out", "test_lost", False, "no disk"),
    ],
)
def test_only_the_expected_failure_of_a_test_that_passes_without_the_bug_finds_it(
    tmp_path: Path, test: Path, without: str, planted: str, well: bool, why: str
) -> None:
    def run(chosen: str) -> Ran:
        return ran(tmp_path, test.name, chosen)

    found, said = judged(run(without), LOST, lambda: run(planted))
    assert found == well
    assert why in said


@pytest.mark.parametrize(
    "edits",
    [*(bug.edits for bug in BUGS), (TAKEN_AWAY,)],
    ids=[*(f"{bug.name}, {bug.chosen}" for bug in BUGS), "everywhere"],
)
def test_a_planted_bug_still_fits_the_code(edits: tuple[Edit, ...]) -> None:
    for path, text in edited(edits).items():
        if path.endswith(".py"):
            compile(text, path, "exec")
