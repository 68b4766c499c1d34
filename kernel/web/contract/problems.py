"""The refusals of the kernel as OpenAPI responses: one for each status, with an example of every code."""

from __future__ import annotations

from typing import Any

from kernel.web.problems import CATALOGUE, CONTENT_TYPE, Problem

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

HEADERS = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
}


def responses(codes: tuple[str, ...], *, own_refusals: bool = False) -> dict[str, Any]:
    """By status. `own_refusals`: the service adds its own codes, as 422 or 409."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CATALOGUE[code][0], []).append(code)
    return {str(status): _response(status, by_status[status], own_refusals) for status in sorted(by_status)}


def _response(status: int, codes: list[str], own_refusals: bool) -> dict[str, Any]:
    sentences = [f"`{code}`: {CATALOGUE[code][1]}." for code in dict.fromkeys(codes)]
    if own_refusals and status == 409:
        sentences.append("Or what is wished is taken by another.")
    if own_refusals and status == 422:
        sentences.append("Or it is not allowed as things stand; the type names the rule.")
    examples = {code: {"value": Problem(code, CATALOGUE[code][1] + ".").document()} for code in codes}
    return {
        "description": " ".join(sentences),
        **({"headers": HEADERS[status]} if status in HEADERS else {}),
        "content": {
            CONTENT_TYPE.decode(): {"schema": {"$ref": f"#/components/schemas/{NAME}"}, "examples": examples}
        },
    }
