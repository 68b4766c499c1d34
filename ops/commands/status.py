"""`status`: every process of the local stack."""

import sys
from typing import Any

import click

from ops.local import home as homes
from ops.local.status import document
from ops.output import answer, json_option


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show every process: ready, uptime, memory, restarts, lag.

    Exit code 1 unless all are ready.
    """
    home = homes.find()
    homes.is_home(home)  # refuses one that a newer Rapport has made
    seen = document(home)
    if seen["manager"] == "down":
        homes.refuse_foreign(home)
    answer(seen, "" if as_json else _text(seen), as_json)
    sys.exit(0 if seen["ready"] else 1)


def _text(seen: dict[str, Any]) -> str:
    match seen["manager"]:
        case "down":
            return f"Rapport is not up ({seen['home']}); `./rapport up` starts it."
        case "gone":
            return f"{_table(seen)}\n{GONE}"
        case _:
            return _table(seen)


GONE = (
    "The process manager is gone, so what ends is not started again: "
    "`./rapport up` stops these processes and starts anew, `./rapport down` stops them."
)


def _table(seen: dict[str, Any]) -> str:
    rows = [("process", "state", "ready", "pid", "uptime", "memory", "restarts", "address", "lag")]
    for name, process in {**seen["services"], **seen["processes"]}.items():
        rows.append(
            (
                name,
                process["state"],
                "yes" if process["ready"] else "no",
                str(process["pid"] or "-"),
                _duration(process["uptime_s"]),
                f"{process['memory_mb']:.0f} MB",
                str(process["restarts"]),
                process["url"].removeprefix("http://"),
                _lag(process.get("lag")),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([f"home {seen['home']}", *lines])


def _lag(lag: Any) -> str:
    """A process tells events and seconds, the worker those of every view."""
    if isinstance(lag, dict) and {"events", "seconds"} <= lag.keys():
        return f"{lag['events']} events, {lag['seconds']:.1f} s"
    if isinstance(lag, dict):
        return ", ".join(f"{name} {_lag(part)}" for name, part in lag.items())
    return "" if lag is None else str(lag)


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60:02} min" if hours else f"{rest // 60} min {rest % 60:02} s"
