"""Whether what an older program wrote is read as the present version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from kernel.log.facts import Event, decode, encode, upcast

Schema = dict[str, Any]


def unread(event: type[Event], version: int, schema: Schema, example: Any) -> str | None:
    """Why some event of that version cannot be read today; None: each can.

    Asked are the example and what its schema allows as well: without each optional field, so also without
    the personal part, which most readers do not get; and with each of an enumeration's values.
    """
    for body in (example, *_variants(schema, schema.get("$defs", {}), example)):
        text = orjson.dumps(body)
        try:
            TypeAdapter(event).validate_json(
                orjson.dumps(upcast(event, version, orjson.loads(text))), strict=True
            )
            encode(decode(event, version, text))
        except ValidationError as error:
            return "; ".join(
                f"{each['msg']}: {'.'.join(map(str, each['loc']))}" for each in error.errors()
            ) + _of(body, example)
        except Exception as error:
            return f"{type(error).__name__}: {error}" + _of(body, example)
    return None


def _of(body: Any, example: Any) -> str:
    return "" if body == example else f" in {orjson.dumps(body).decode()}"


def _variants(schema: Schema, definitions: dict[str, Schema], value: Any) -> Iterator[Any]:
    if "$ref" in schema:
        yield from _variants(definitions[schema["$ref"].rpartition("/")[2]], definitions, value)
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            yield from _variants(choice, definitions, value)
    yield from schema.get("enum", ())
    if isinstance(value, dict):
        for name, each in schema.get("properties", {}).items():
            if name not in value:
                continue
            if name not in schema.get("required", ()):
                yield {other: kept for other, kept in value.items() if other != name}
            for changed in _variants(each, definitions, value[name]):
                yield {**value, name: changed}
    if isinstance(value, list) and value:
        yield from ([changed] for changed in _variants(schema.get("items", {}), definitions, value[0]))
