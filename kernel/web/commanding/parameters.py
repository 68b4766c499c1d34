"""What goes with a command beside its body: the stream's id, the idempotency key, the expected version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel.web.problems import Problem

KEY_LENGTH = 200

_VERSION = re.compile(rb'"?([0-9]{1,9})"?')


def path_id(text: str) -> UUID:
    """The id of an address; 422 for what is none."""
    if len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-":
        try:
            return UUID(text)
        except ValueError:
            pass
    raise Problem("invalid", "The id in the address is a UUID.", pointer="/id")


def own_id(value: Any, at: str) -> UUID:
    """The id that a beginning command brings."""
    try:
        return path_id(value)
    except (Problem, TypeError) as error:
        raise Problem("invalid", "An id is a UUID.", pointer=f"{at}/id") from error


def key_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The Idempotency-Key."""
    value = headers.get(b"idempotency-key")
    return None if value is None else checked_key(value.decode("latin-1"))


def checked_key(key: str, pointer: str | None = None) -> str:
    """A key that can be stored: 1 to 200 printable ASCII characters."""
    if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        sentence = f"An idempotency key has 1 to {KEY_LENGTH} printable ASCII characters."
        raise Problem("malformed-request", sentence, pointer=pointer)
    return key


def version_of(headers: Mapping[bytes, bytes]) -> int | None:
    """The version in If-Match, bare or as an entity tag."""
    value = headers.get(b"if-match")
    if value is None:
        return None
    match = _VERSION.fullmatch(value)
    if match is None:
        raise Problem("malformed-request", "If-Match takes the version that an answer gave.")
    return int(match[1])
