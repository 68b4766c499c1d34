"""How a row's key and cells are shown: enough to find them, and nothing personal."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from kernel.view.parts import Part
from kernel.view.view import Key, View

LONGEST = 200

_SECRET = secrets.token_bytes(16)


def digest(value: Any) -> str:
    """Equal for equal values within one run, and worth nothing outside it: a phone number is soon guessed."""
    plain = value if isinstance(value, bytes) else msgspec.json.encode(value, order="deterministic")
    return "digest:" + blake2b(plain, key=_SECRET, digest_size=8).hexdigest()


def shown(view: View[Any], value: Any) -> Any:
    """A cell. Ids and counts are shown as they are; in a view with personal values all else is a digest."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Part):
        value = value.text
    if view.personal or isinstance(value, bytes):
        return digest(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown_key(view: View[Any], org_id: UUID, key: Key) -> dict[str, Any]:
    """Which row: its organisation and key."""
    return {"org": str(org_id)} | {name: shown(view, part) for name, part in zip(view.key, key, strict=True)}
