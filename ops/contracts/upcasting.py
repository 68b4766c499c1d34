"""Whether what an older program wrote is read as the present version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from kernel.log.facts import Event, decode, encode, upcast

Schema = dict[str, Any]
FILLER = "x"


def unread(event: type[Event], version: int, schema: Schema, example: Any) -> str | None:
    """Why some event of that version cannot be read today; None: each can.

    Asked are the example and what its schema allows as well: without each optional field, so also without
    the personal part, which most readers do not get; with each of an enumeration's values; with lists of
    none, one and several; with texts and numbers at their bounds. Only what a class asks of a text beyond its
    schema, as a time zone's name, is not held against a text of FILLER.
    """
    for body in (example, *variants(schema, example)):
        text = orjson.dumps(body)
        try:
            TypeAdapter(event).validate_json(
                orjson.dumps(upcast(event, version, orjson.loads(text))), strict=True
            )
            encode(decode(event, version, text))
        except ValidationError as error:
            told = [each for each in error.errors() if not _beyond_schemas(each)]
            if told:
                return "; ".join(f"{each['msg']}: {'.'.join(map(str, each['loc']))}" for each in told) + _of(
                    body, example
                )
        except Exception as error:
            return f"{type(error).__name__}: {error}" + _of(body, example)
    return None


def variants(schema: Schema, example: Any) -> Iterator[Any]:
    """The example with one thing in it otherwise, each thing that its schema lets be otherwise."""
    yield from _variants(schema, schema.get("$defs", {}), example)


def _beyond_schemas(error: ErrorDetails) -> bool:
    text = error["input"]
    return error["type"] == "value_error" and isinstance(text, str) and not text.strip(FILLER)


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
    if isinstance(value, list):
        yield from _lists(schema, definitions, value)
    elif isinstance(value, str) and not {"format", "pattern", "enum", "const"} & schema.keys():
        yield from (FILLER * schema[bound] for bound in ("minLength", "maxLength") if bound in schema)
        if schema.get("type") == "string" and "minLength" not in schema:
            yield ""
    elif isinstance(value, int | float):
        yield from (schema[bound] for bound in ("minimum", "maximum") if bound in schema)


def _lists(schema: Schema, definitions: dict[str, Schema], value: list[Any]) -> Iterator[Any]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if schema.get("type") == "array" and not least:
        yield []
    if not value:
        return
    count = max(1, least)
    yield [value[0]] * count
    if most is None or most > count:
        yield [value[0]] * (count + 1)
    for changed in _variants(schema.get("items", {}), definitions, value[0]):
        yield [changed] * count
