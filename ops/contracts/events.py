"""The committed schema and example of every version of every event: once published they never change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from kernel.log.envelope import schema_name
from kernel.log.facts import Event, decode, encode
from kernel.web.service import Service
from ops.contracts.examples import example_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"
WORDS = frozenset({"title", "description", "examples"})
"""What may be said better at any time, so it is not published here but in the AsyncAPI document."""


def text_of(document: Any) -> bytes:
    """JSON as it is committed."""
    return orjson.dumps(
        document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )


def events_of(service: Service) -> Iterator[type[Event]]:
    """Every event of the service, in its present version."""
    for aggregate in service.aggregates:
        yield from aggregate.events


def schema_file(service: str, event: type[Event]) -> str:
    return f"{service}/{event.__name__}.v{event.version}.json"


def example_file(service: str, event: type[Event]) -> str:
    return f"{service}/{event.__name__}.v{event.version}.example.json"


def schema_of(service: str, event: type[Event]) -> bytes:
    """The contract of an event: its open fields, and `personal` as it is once opened."""
    schema = TypeAdapter(event).json_schema(mode="serialization")
    head = {"$schema": DRAFT, "$id": schema_name(service, event.__name__, event.version)}
    return text_of({**head, **_bare(schema)})


def _bare(schema: Any) -> Any:
    """Without words. A field may be called `title`: inside `properties` and `$defs` every name stays."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _bare(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _bare(value)
        for key, value in schema.items()
        if key not in WORDS
    }


def example_text(event: type[Event]) -> bytes:
    """A new example, with every field in it; ValueError where the class gives too few hints for one."""
    schema = TypeAdapter(event).json_schema(mode="serialization")
    text = text_of(example_of(schema, schema.get("$defs", {})))
    try:
        TypeAdapter(event).validate_json(text, strict=True)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise ValueError(
            f"{event.__name__} needs better examples of {fields}: Field(examples=[…])"
        ) from error
    return text


def faults(folder: Path, service: Service) -> list[str]:
    """What is wrong with the published events of a service, one sentence each."""
    known = {event.__name__: event for event in events_of(service)}
    found = [fault for event in known.values() for fault in _present(folder, service.name, event)]
    for path in sorted((folder / service.name).glob("*.v*.example.json")):
        found += _example(path, known)
    return found


def _present(folder: Path, service: str, event: type[Event]) -> list[str]:
    schema, example = folder / schema_file(service, event), folder / example_file(service, event)
    if not (schema.exists() and example.exists()):
        return [f"{schema_file(service, event)} is missing: run `rapport schemas`."]
    if schema.read_bytes() != schema_of(service, event):
        return [
            f"{schema_file(service, event)} is published and differs from the class: give {event.__name__} "
            f"version {event.version + 1} and an upcaster from {event.version}."
        ]
    return []


def _example(path: Path, known: dict[str, type[Event]]) -> list[str]:
    """Every example of every version is read today."""
    name, _, rest = path.name.partition(".v")
    event = known.get(name)
    if event is None:
        return [f"{path.parent.name}/{path.name} is published, and there is no class {name}."]
    try:
        encode(decode(event, int(rest.partition(".")[0]), path.read_bytes()))
    except Exception as error:
        return [f"{path.parent.name}/{path.name} can no longer be read: {error}"]
    return []
