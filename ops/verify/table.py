"""The verdict for a person: a table of what is there, and a sentence for whatever is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ops.output import aligned
from ops.verify.report import SERVICE_FAULTS, SERVICE_FIGURES, VIEW_FAULTS, VIEW_FIGURES, Report, Verdict


def text(verdict: Verdict) -> str:
    """The line that sums it up stands last."""
    return "\n".join(
        [
            *_table("service", verdict.services, SERVICE_FIGURES),
            *_faults(verdict.services, SERVICE_FAULTS),
            *_table("view", verdict.views, VIEW_FIGURES),
            *_faults(verdict.views, VIEW_FAULTS),
            verdict.line(),
        ]
    )


def _table(kind: str, reports: Sequence[Report], figures: Mapping[str, str]) -> list[str]:
    heads = [kind, *(name.replace("_", " ") for name in figures), "faults"]
    cells = [
        [report.name, *(f"{number:,}" for number in (*report.figures.values(), sum(report.faults.values())))]
        for report in reports
    ]
    return aligned([heads, *cells])


def _faults(reports: Sequence[Report], meanings: Mapping[str, str]) -> list[str]:
    lines = []
    for report in reports:
        for fault, count in report.faults.items():
            if count:
                lines.append(f"{report.name}: {fault} {count:,}: {meanings[fault]}")
                lines += [f"    {_where(first)}" for first in report.first if first["fault"] == fault]
    return lines


def _where(first: Mapping[str, object]) -> str:
    """What is known of a place: a record that is no event has an offset, but no position."""
    return ", ".join(
        f"{name} {value if isinstance(value, str | int) else json.dumps(value)}"
        for name, value in first.items()
        if name != "fault" and value is not None
    )
