"""The JSON schemas of what goes in (records, through pydantic) and what comes out (through msgspec)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from pydantic import TypeAdapter

from lib.records import Record

Schema = dict[str, Any]

COMPONENTS = "#/components/schemas/"


def of_records(records: Iterable[type[Record]]) -> dict[str, Schema]:
    """The components that the records need, each record under its own name."""
    inputs = [(record.__name__, "validation", TypeAdapter(record)) for record in dict.fromkeys(records)]
    if not inputs:
        return {}
    _, whole = TypeAdapter.json_schemas(inputs, ref_template=COMPONENTS + "{model}")  # type: ignore[arg-type]
    return dict(whole["$defs"])


def of_answers(kinds: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type that a query answers with, and the components that they need."""
    schemas, components = msgspec.json.schema_components(kinds, ref_template=COMPONENTS + "{name}")
    return list(schemas), components
