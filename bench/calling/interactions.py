"""The command that is measured: an interaction with one of many contacts is recorded.

`POST /contacts/{id}/record-interaction` with a bearer token, an idempotency key of its own and a body of some
300 bytes. The contact's stream is loaded (or remembered), the wish is validated and decided on, one event and
the answer become durable in one transaction. Ours also seals what was said under the contact's own key.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid5

import msgspec
import orjson

from bench.calling.wire import Wire
from kernel.settings import Settings
from ops.local import issuer

ORG = issuer.organisation("bench")
SUBJECT = "bench"
ROLE = "agent"

CONTACTS = 1_000
AT_ONCE = 500
"""Registrations of one request."""

CONTACT_IDS = [uuid5(ORG, f"contact {number}") for number in range(CONTACTS)]

SUMMARY = (
    "Asked whether the shop is open on Saturday and whether the order of last week has left the house. " * 2
)
BODY = msgspec.json.encode(
    {"direction": "inbound", "channel": "call", "subject": "Opening hours", "summary": SUMMARY}
)


def post(path: str, token: str, body: bytes, *headers: str) -> bytes:
    """A request as it goes over the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {token}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get_page(contact: UUID, token: str, position: str) -> bytes:
    """The request for a customer's page, nothing older than `position`."""
    lines = [
        f"GET /customers/{contact} HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {token}",
        f"rapport-position: {position}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@dataclass(slots=True)
class Interactions:
    """Commands without end, each on the next contact and with a key that nobody else uses."""

    token: str
    _name: str = field(default_factory=lambda: secrets.token_hex(6))

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Each command's key and request."""
        sample = post(f"/contacts/{UUID(int=0)}/record-interaction", self.token, BODY, "idempotency-key: @")
        before, after = sample.split(str(UUID(int=0)).encode())
        middle, end = after.split(b"@")
        contacts = [before + str(contact).encode() + middle for contact in CONTACT_IDS]
        for number in count():
            key = f"{self._name}-{number}"
            yield key, contacts[number % CONTACTS] + key.encode() + end


def token_of(settings: Settings) -> str:
    """The measured caller's token."""
    return issuer.token(settings, str(ORG), ROLE, SUBJECT)


def register(settings: Settings) -> None:
    """Registers the contacts with our service, which runs."""
    items = [_registration(number, contact) for number, contact in enumerate(CONTACT_IDS)]
    outcomes: list[dict[str, Any]] = []
    with Wire() as wire:
        for first in range(0, CONTACTS, AT_ONCE):
            body = orjson.dumps(items[first : first + AT_ONCE])
            request = post("/commands", token_of(settings), body)
            wire.send(settings.port["contacts"], request, lambda _, said: outcomes.extend(orjson.loads(said)))
            wire.drain()
    refused = [outcome for outcome in outcomes if outcome["status"] != 201]
    assert not refused, refused[0]


def record(settings: Settings, events: int) -> None:
    """So many interactions, evenly over the contacts, as few requests bring them."""
    outcomes: list[dict[str, Any]] = []
    with Wire() as wire:
        for first in range(0, events, CONTACTS):
            items = [
                {"command": "RecordInteraction", "id": contact, "body": msgspec.Raw(BODY)}
                for contact in CONTACT_IDS[: events - first]
            ]
            request = post("/commands", token_of(settings), msgspec.json.encode(items))
            wire.send(settings.port["contacts"], request, lambda _, said: outcomes.extend(orjson.loads(said)))
            wire.drain()
    refused = [outcome for outcome in outcomes if outcome["status"] != 200]
    assert not refused, refused[0]


def _registration(number: int, contact: UUID) -> dict[str, Any]:
    name = {"given": "Anna", "family": f"Gruber {number}"}
    return {"command": "RegisterContact", "id": contact, "body": {"kind": "person", "name": name}}
