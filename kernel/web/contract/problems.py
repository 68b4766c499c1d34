"""Refusals as OpenAPI responses: one for each status, with an example of every code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kernel.web.problems import CATALOGUE, CONTENT_TYPE, REFUSED, TYPE_PREFIX, Problem, title_of

NAME = "Problem"

SCHEMA: dict[str, Any] = {
    "title": NAME,
    "description": "A refusal (RFC 9457). It may have further members, such as the id that is in the way.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "pattern": "^urn:rapport:problem:[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What to do; never a personal value."},
        "pointer": {"type": "string", "description": "The JSON pointer (RFC 6901) of the field."},
        "errors": {
            "type": "array",
            "description": "All that is wrong, where it is more than one thing.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

ALWAYS = ("unauthorised", "forbidden", "not-acceptable", "internal", "unavailable")
BODY = ("malformed-body", "invalid", "too-large", "unsupported-media-type", "timeout")
COMMAND = (*ALWAYS, *BODY, "malformed-request", "not-found", "already-exists", "conflict", "stale-version",
           "key-reused", "log-ahead")  # fmt: skip
BATCH = (*ALWAYS, *BODY, "malformed-request")
QUERY = (*ALWAYS, "malformed-request", "invalid", "not-found", "bad-position", "bad-cursor", "view-behind")

CONFLICT = 409
HOLDER = {
    "holder": {
        "type": "string",
        "format": "uuid",
        "description": "Whose it is, where what was wished is taken.",
    }
}
REFERENCE = {"$ref": f"#/components/schemas/{NAME}"}
HEADERS = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
}


def responses(
    codes: Iterable[str], refusals: Iterable[str] = (), outdated: Iterable[str] = (), taken: str = ""
) -> dict[str, Any]:
    """By status. `refusals` are the service's own, 422 each, and what is `outdated` 409; so is the refusal
    that is `taken`, which names who holds what was wished."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(CATALOGUE[code][0], []).append(code)
    for code in refusals:
        by_status.setdefault(CONFLICT if code == taken else REFUSED, []).append(code)
    for code in outdated:
        by_status.setdefault(CONFLICT, []).append(code)
    return {str(status): _response(status, by_status[status], taken) for status in sorted(by_status)}


def _response(status: int, codes: list[str], taken: str) -> dict[str, Any]:
    problems = [_example(code, status, code == taken) for code in codes]
    own = {code for code in codes if code not in CATALOGUE}
    return {
        "description": " ".join(f"`{problem.code}`: {problem.sentence}" for problem in problems),
        **({"headers": HEADERS[status]} if status in HEADERS else {}),
        "content": {
            CONTENT_TYPE.decode(): {
                "schema": _narrowed(codes, HOLDER if taken in own else {}) if own else REFERENCE,
                "examples": {problem.code: {"value": problem.document()} for problem in problems},
            }
        },
    }


def _example(code: str, status: int, taken: bool) -> Problem:
    members = {"holder": str(UUID(int=1))} if taken else {}
    return Problem(code, title_of(code) + ".", status=status, members=members)


def _narrowed(codes: list[str], members: dict[str, Any]) -> dict[str, Any]:
    """A problem of one of these types."""
    types = {"type": {"enum": [TYPE_PREFIX + code for code in codes]}}
    return {"allOf": [REFERENCE, {"properties": {**types, **members}}]}
