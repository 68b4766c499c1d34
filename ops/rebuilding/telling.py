"""What was done with the versions of a view, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.output import counted


def text(document: Mapping[str, Any]) -> str:
    """Of one view, or of every stale one."""
    if "views" not in document:
        return "\n".join(_lines(document))
    if not document["views"]:
        return "every view is read as this program folds it"
    return "\n".join(line for view, one in document["views"].items() for line in _of(view, one))


def _of(view: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Of one of several views."""
    if "cannot_run" in document:
        yield f"{view}: {document['cannot_run']}"
    yield from _lines(document)


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    if "events" in document:
        yield (
            f"{document['version']}: {counted(document['events'], 'event')} in {document['seconds']} s, "
            f"{document['per_second']:,}/s; the workers keep it up to date"
        )
    elif "version" in document:
        yield f"{document['version']} was built already; the workers keep it up to date"
    if document.get("parked"):
        yield (
            f"{document['version']} has parked {counted(document['parked'], 'event')}: "
            f"`./rapport parked --view {document['version']}` tells why"
        )
    if "same" in document:
        yield (
            f"compared with {document['compared_with']}: {document['alike']:,} rows alike, "
            f"{document['different']:,} different, "
            f"{document['only_here']:,} only in {document['compared_with']}, "
            f"{document['only_there']:,} only in {document['version']}"
        )
        if document["left_out"]:
            yield f"  not compared, as only one of them has it: {', '.join(document['left_out'])}"
        for told in document["first"]:
            yield from _difference(told, document["compared_with"], document["version"])
    if "not_switched" in document:
        yield f"not switched to: {document['not_switched']}"
    if "live" in document:
        yield f"{document['live']} is read now; --back returns to the former one"
    if "dropped" in document:
        yield f"{document['dropped']} is gone"


def _difference(told: Mapping[str, Any], here: str, there: str) -> Iterator[str]:
    row = " ".join(f"{name} {value}" for name, value in told["row"].items())
    fault = {"only_here": f"only in {here}", "only_there": f"only in {there}"}.get(
        told["fault"], told["fault"]
    )
    yield f"  {fault}: {row}, partition {told['partition']}"
    for cell in told.get("columns", ()):
        yield f"    {cell['column']}: {cell['here']} in {here}, {cell['there']} in {there}"
    yield f"    made by {counted(told['events'], 'event')}" + (
        ", the last of them:" if told["newest"] else ""
    )
    for event in told["newest"]:
        yield f"      {event['type']} {event['event']} position {event['position']}, {event['recorded_at']}"
