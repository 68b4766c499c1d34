"""An example of an object, made from its JSON schema: the same one every time, with every field in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

Schema = dict[str, Any]

IDS = UUID("0192d4f0-0000-7000-8000-000000000000")
"""The name space of the examples' ids: one field has one id."""

TEXTS = {
    "date-time": "2026-11-01T12:00:00Z",
    "date": "2026-11-01",
    "time": "12:00:00",
    "duration": "PT1H",
    "uri": "https://example.org/",
    "email": "anna@mail.example",
}


def example_of(schema: Schema, definitions: dict[str, Schema], name: str = "") -> Any:
    """A value of the schema. Its own `examples` come first; else the simplest value of its type."""
    if "$ref" in schema:
        return example_of(definitions[schema["$ref"].rpartition("/")[2]], definitions, name)
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema or "oneOf" in schema:
        return _alternative(schema.get("anyOf") or schema["oneOf"], definitions, name)
    return _plain(schema, definitions, name)


def _alternative(choices: list[Schema], definitions: dict[str, Schema], name: str) -> Any:
    """The first that says something: no null, and text before a number, as decimals take both."""
    telling = [choice for choice in choices if choice.get("type") != "null"]
    texts = [choice for choice in telling if choice.get("type") == "string"]
    return example_of((texts or telling)[0], definitions, name)


def _plain(schema: Schema, definitions: dict[str, Schema], name: str) -> Any:
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {field: example_of(each, definitions, field) for field, each in fields.items()}
        case "array":
            items = schema.get("prefixItems") or [schema.get("items", {})] * max(schema.get("minItems", 1), 1)
            return [example_of(each, definitions, name) for each in items]
        case "string":
            return _text(schema, name)
        case "integer":
            return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return True
        case _:
            raise ValueError(f"the field {name} needs an example: Field(examples=[…])")


def _text(schema: Schema, name: str) -> str:
    kind = schema.get("format")
    if kind == "uuid":
        return str(uuid5(IDS, name))
    if kind in TEXTS:
        return TEXTS[kind]
    if kind in ("binary", "base64url", "base64"):
        return "AAAA"
    if "pattern" in schema:
        return "1" if "\\d" in schema["pattern"] else name
    return name[: schema.get("maxLength", 200)].ljust(schema.get("minLength", 0), "x")
