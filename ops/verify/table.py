"""The verdict for a person: a table of what is there, and a sentence for whatever is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ops.verify.report import SERVICE_FAULTS, SERVICE_FIGURES, VIEW_FAULTS, VIEW_FIGURES, Report, Verdict


def text(verdict: Verdict) -> str:
    """As plain or coloured text, as the terminal allows."""
    console = Console()
    with console.capture() as captured:
        console.print(_whole(verdict), soft_wrap=True)
    return captured.get().rstrip()


def _whole(verdict: Verdict) -> RenderableType:
    return Group(
        _table("service", verdict.services, SERVICE_FIGURES),
        *_faults(verdict.services, SERVICE_FAULTS),
        _table("view", verdict.views, VIEW_FIGURES),
        *_faults(verdict.views, VIEW_FAULTS),
        Text(verdict.line(), style="bold green" if verdict.ok else "bold red"),
    )


def _table(kind: str, reports: Sequence[Report], figures: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(kind)
    for name in [*figures, "faults"]:
        table.add_column(name.replace("_", " "), justify="right")
    for report in reports:
        faults = sum(report.faults.values())
        cells = [f"{number:,}" for number in report.figures.values()]
        table.add_row(report.name, *cells, Text(f"{faults:,}", style="red" if faults else "green"))
    return table


def _faults(reports: Sequence[Report], meanings: Mapping[str, str]) -> list[Text]:
    lines = []
    for report in reports:
        for fault, count in report.faults.items():
            if count:
                lines.append(Text(f"{report.name}: {fault} {count:,}: {meanings[fault]}", style="red"))
                lines += [Text(f"    {_where(first)}") for first in report.first if first["fault"] == fault]
    return lines


def _where(first: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str | int) else json.dumps(value)}"
        for name, value in first.items()
        if name != "fault"
    )
