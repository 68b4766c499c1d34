"""The committed schema and example of every version of every event: once published they never change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from kernel.log.envelope import schema_name
from kernel.log.facts import Event
from kernel.web.service import Service
from ops.contracts.differences import differences
from ops.contracts.examples import example_of
from ops.contracts.upcasting import unread

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


def schema_file(service: str, event: type[Event], version: int | None = None) -> str:
    """Of the present version, or of another."""
    return f"{service}/{event.__name__}.v{version or event.version}.json"


def example_file(service: str, event: type[Event], version: int | None = None) -> str:
    return f"{service}/{event.__name__}.v{version or event.version}.example.json"


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
    found = [fault for event in known.values() for fault in _faults_of(folder, service.name, event)]
    for path in sorted((folder / service.name).glob("*.v*.example.json")):
        name, _, rest = path.name.partition(".v")
        version = int(rest.partition(".")[0])
        if name not in known:
            found.append(f"{service.name}/{path.name} is published, and there is no class {name}.")
        elif version > known[name].version:
            found.append(f"{service.name}/{path.name} is published, and {name} has no version {version}.")
    return found


def _faults_of(folder: Path, service: str, event: type[Event]) -> Iterator[str]:
    """Of every version of one event."""
    for version in range(1, event.version + 1):
        schema, example = (
            folder / name_of(service, event, version) for name_of in (schema_file, example_file)
        )
        if not (schema.exists() and example.exists()):
            again = " and cannot be made anew: bring it back" if version < event.version else ""
            missing = example if schema.exists() else schema
            yield f"{service}/{missing.name} is missing{again or ': run `./rapport schemas`'}."
        elif version == event.version and schema.read_bytes() != (now := schema_of(service, event)):
            told = "; ".join(differences(orjson.loads(schema.read_bytes()), orjson.loads(now)))
            yield (
                f"{service}/{schema.name} is published and differs from the class ({told}): give "
                f"{event.__name__} version {version + 1} and an upcaster from {version}."
            )
        elif version < event.version and version not in event.upcasters:
            yield f"{event.__name__} has no upcaster from version {version}."
        elif why := unread(event, version, *(orjson.loads(path.read_bytes()) for path in (schema, example))):
            yield f"{service}/{example.name} is not read as version {event.version}: {why}."
