"""What commands write is English, also where there is one of a thing."""

from __future__ import annotations

import pytest

from ops.output import counted


@pytest.mark.parametrize(("number", "told"), [(0, "0 events"), (1, "1 event"), (2_000, "2,000 events")])
def test_one_of_a_thing_is_told_in_the_singular(number: int, told: str) -> None:
    assert counted(number, "event") == told
