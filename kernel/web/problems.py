"""Refusals as RFC 9457 problems: one class, and the catalogue of what the kernel itself may refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from kernel.log.facts import UnknownVersion

Headers = tuple[tuple[bytes, bytes], ...]

CONTENT_TYPE = b"application/problem+json"
TYPE_PREFIX = "urn:rapport:problem:"

CATALOGUE: Mapping[str, tuple[int, str]] = {
    "malformed-body": (400, "The body is not the JSON that is expected here"),
    "malformed-request": (400, "The request is not well formed"),
    "bad-position": (400, "A position that was not issued to this organisation"),
    "bad-cursor": (400, "A cursor that was not issued for this question"),
    "unauthorised": (401, "A valid token is needed"),
    "forbidden": (403, "The caller's role does not allow this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "The address does not take this method"),
    "not-acceptable": (406, "The answer is JSON"),
    "timeout": (408, "The request did not arrive in time"),
    "conflict": (409, "Others changed this at the same time"),
    "already-exists": (409, "This id is taken"),
    "stale-version": (412, "It has moved on from the version in If-Match"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be JSON"),
    "invalid": (422, "The content is not valid"),
    "key-reused": (422, "The idempotency key was used for something else"),
    "as-of-not-answered": (422, "This question takes no as_of"),
    "internal": (500, "Something went wrong here"),
    "log-ahead": (503, "Commands are stopped: the topic does not agree with the store"),
    "unavailable": (503, "The service cannot answer now"),
    "view-behind": (503, "The view has not reached the asked position"),
}
"""Code → status and title. A service's own refusals are 422 unless they say otherwise."""

REFUSED = 422
AWAY = 503
RETRY_AFTER: Headers = ((b"retry-after", b"1"),)
"""Seconds; goes with every 503 that names no other."""


def title_of(code: str) -> str:
    """What a code says in words."""
    return CATALOGUE[code][1] if code in CATALOGUE else code.replace("-", " ").capitalize()


class Problem(Exception):
    """A refusal on its way to the caller.

    `sentence` says what to do and never holds a personal value; `pointer` is the JSON pointer of the field;
    `members` are further members of the body (the id that holds an identifier, say).
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        status: int | None = None,
        pointer: str | None = None,
        members: Mapping[str, Any] | None = None,
        headers: Headers = (),
    ) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.status = status or CATALOGUE.get(code, (REFUSED, ""))[0]
        self.pointer = pointer
        self.members = dict(members or {})
        self.headers = headers or (RETRY_AFTER if self.status == AWAY else ())

    def document(self) -> dict[str, Any]:
        """The problem as RFC 9457 writes it."""
        body = {
            "type": TYPE_PREFIX + self.code,
            "title": title_of(self.code),
            "status": self.status,
            "detail": self.sentence,
            **self.members,
        }
        if self.pointer is not None:
            body["pointer"] = self.pointer
        return body

    def body(self) -> bytes:
        """Its JSON."""
        return orjson.dumps(self.document())


def not_found(headers: Headers = ()) -> Problem:
    """404: unknown and another organisation's answer alike."""
    return Problem("not-found", "There is nothing under this id.", headers=headers)


def outdated(error: UnknownVersion) -> Problem:
    """503: a later program wrote what this one has to read; the same answer again once it is upgraded."""
    return unavailable(f"{error}: this process is to be upgraded.")


def unavailable(sentence: str) -> Problem:
    """503: what this stands on is away."""
    return Problem("unavailable", sentence)
