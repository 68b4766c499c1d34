"""`status`: every process of the local stack."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from kernel.settings import SERVICES
from ops.local.home import home as homes
from ops.local.status import document
from ops.local.supervising.readiness import stands_still
from ops.output import aligned, answer, json_option


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show every process: ready, uptime, memory, restarts, lag, what is parked, and what it lacks.

    Lag is what a process has yet to publish, take or fold: events, and how long the oldest has waited. Exit
    code 1 unless all are ready.
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
        case "silent":
            return f"{_table(seen)}\n{seen['trouble'][0].upper()}{seen['trouble'][1:]}"
        case _:
            return _table(seen)


GONE = (
    "The process manager is gone, so what ends is not started again: "
    "`./rapport up` stops these processes and starts anew, `./rapport down` stops them."
)


def _table(seen: dict[str, Any]) -> str:
    rows = [("process", "state", "ready", "pid", "uptime", "memory", "restarts", "address", "lag", "parked")]
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
                process["address"] if "address" in process else process["url"].removeprefix("http://"),
                _lag(process.get("lag")),
                _counts(process.get("parked", {})),
            )
        )
    return "\n".join([f"home {seen['home']}", *aligned(rows), *_lacking(seen), *_about_parked(seen)])


def _lag(lag: dict[str, Any] | None) -> str:
    """A relay tells events and seconds; who takes or serves tells events by name."""
    if lag is None:
        return ""
    return (
        f"{lag['events']} events, {lag['seconds']:.1f} s" if "events" in lag else _counts(lag) or "0 events"
    )


def _counts(counts: dict[str, int]) -> str:
    """Those that are not zero."""
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count)


def _lacking(seen: dict[str, Any]) -> Iterator[str]:
    """What fails or is missed, by process; a topic that is to be made anew is told of its service alone."""
    for name, process in {**seen["services"], **seen["processes"]}.items():
        for what, why in {**process.get("failing", {}), **process.get("degraded", {})}.items():
            if what != "log":
                yield f"{name}: {what} {why}"
            elif name in SERVICES:
                yield stands_still(name, why)


def _about_parked(seen: dict[str, Any]) -> list[str]:
    processes = {**seen["services"], **seen["processes"]}.values()
    if not any(_counts(process.get("parked", {})) for process in processes):
        return []
    return ["What is parked waits until it is tried again: `./rapport parked` says why."]


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60:02} min" if hours else f"{rest // 60} min {rest % 60:02} s"
