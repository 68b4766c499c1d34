"""One command, and the batch of many, as OpenAPI operations."""

from __future__ import annotations

import inspect
from typing import Any

from kernel.web.commanding.batch import MOST_ITEMS, Item
from kernel.web.commanding.routes import CommandRoute, kebab
from kernel.web.contract import problems, schemas

Document = dict[str, Any]

ANSWER: Document = {
    "title": "Answer",
    "description": "What became of a command: what happened, in order. No events: there was nothing to do.",
    "type": "object",
    "required": ["id", "version", "events", "position"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 0},
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type"],
                "properties": {"id": {"type": "string", "format": "uuid"}, "type": {"type": "string"}},
            },
        },
        "position": {"type": "string", "description": "For the Rapport-Position header of a query."},
    },
}

OUTCOME: Document = {
    "title": "Outcome",
    "description": "`status`, and the answer or the problem that the command alone would have got.",
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "integer"}},
}

KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this command of this caller: a repeat within 30 days gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The version that this was decided on; another one is 412.",
    "schema": {"type": "string", "pattern": '^("[0-9]{1,9}"|[0-9]{1,9})$'},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def command_operation(route: CommandRoute) -> Document:
    """The operation of a command's own address."""
    begins, taken = route.command.begins, route.aggregate.taken.code
    summary, description = _described(route.command)
    statuses = {"201": "It began."} if begins else {}
    statuses["200"] = (
        "It was there already." if begins else "It is done; without events there was nothing to do."
    )
    return {
        "operationId": route.name,
        "summary": summary,
        "description": f"{description}\n\nFor: {', '.join(sorted(route.command.roles))}.".strip(),
        "tags": [route.aggregate.path],
        "parameters": [KEY, IF_MATCH] if begins else [ID, KEY, IF_MATCH],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.name), "examples": _examples(route)}},
        },
        "responses": {
            **{status: _answer(text, "Answer") for status, text in statuses.items()},
            **problems.responses(problems.COMMAND, route.command.refusals, route.command.outdated, taken),
        },
    }


def _examples(route: CommandRoute) -> Document:
    return {
        kebab(route.name) if number == 1 else f"{kebab(route.name)}-{number}": {"value": dict(example)}
        for number, example in enumerate(route.command.examples, start=1)
    }


def batch_operation(routes: tuple[CommandRoute, ...]) -> Document:
    """POST /commands."""
    example = [
        {"command": route.name, "body": dict(route.command.examples[0])}
        for route in routes
        if route.command.begins
    ][:1]
    body = {"type": "array", "maxItems": MOST_ITEMS, "items": _item(routes)}
    media = {"schema": body, "examples": {"commands": {"value": example}}}
    outcomes = {"type": "array", "items": _ref("Outcome")}
    return {
        "operationId": "Commands",
        "summary": f"Up to {MOST_ITEMS} commands at once, each answered by itself.",
        "description": "Commands to one stream run in order; the answers come in the order asked.",
        "tags": ["commands"],
        "requestBody": {"required": True, "content": {"application/json": media}},
        "responses": {
            "200": {
                "description": "One outcome for each command.",
                "content": {"application/json": {"schema": outcomes}},
            },
            **problems.responses(problems.BATCH),
        },
    }


def _item(routes: tuple[CommandRoute, ...]) -> Document:
    item = schemas.of_records([Item])[Item.__name__]
    item["properties"]["command"]["enum"] = [route.name for route in routes]
    item["properties"]["body"] = {"type": "object", "description": "The command.", "default": {}}
    return item


def _described(kind: type[Any]) -> tuple[str, str]:
    """First line and rest of a class's docstring."""
    summary, _, description = (inspect.getdoc(kind) or kind.__name__).partition("\n")
    return summary, description.strip()


def _answer(description: str, name: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _ref(name: str) -> Document:
    return {"$ref": f"{schemas.COMPONENTS}{name}"}
