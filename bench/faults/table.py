"""The table of faults: a line for each kind, with all its injections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.faults.oracle import COUNTED, ZERO, Line
from ops.output import aligned


def rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """One for each fault, in the order in which they first came."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.fault, []).append(line)
    return [
        {
            "fault": fault,
            **{name: sum(getattr(line, name) for line in same) for name in (*COUNTED, *ZERO)},
            "recovery_s": max(line.recovery_s for line in same),
            "never_recovered": sum(bool(line.in_vain) for line in same),
        }
        for fault, same in found.items()
    ]


def text(lines: Sequence[Line]) -> str:
    """For a person; the longest recovery of each."""
    heads = ["fault", *COUNTED, *ZERO, "recovery"]
    cells = [
        [
            row["fault"],
            *(f"{row[name]:,}" for name in (*COUNTED, *ZERO)),
            "never" if row["never_recovered"] else f"{row['recovery_s']:.1f} s",
        ]
        for row in rows(lines)
    ]
    return "\n".join(aligned([heads, *cells]))
