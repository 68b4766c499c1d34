"""Commands over HTTP: one request becomes one call, and its outcome the answer."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from kernel import metrics, tracing
from kernel.handling.call import Answer, Call
from kernel.ids import new_id
from kernel.log.envelope import Origin
from kernel.web.access import Caller, Role, require
from kernel.web.commanding.routes import CommandRoute
from kernel.web.positions import seal_positions
from kernel.web.problems import Problem, not_found
from kernel.web.tokens import Verifier
from kernel.web.wire import bodies
from kernel.web.wire.exchange import Request, Response

COMMAND_BYTES = 256 * 1024
KEY_LENGTH = 200
STATUS = {"began": 201, "changed": 200, "unchanged": 200}
RESULT = {"began": "accepted", "changed": "accepted", "unchanged": "unchanged"}

_VERSION = re.compile(rb'"?([0-9]{1,9})"?')


class Handling(Protocol):
    """What deciding must do for the web: kernel.handling.handler.Handler."""

    async def handle(self, call: Call) -> Answer: ...

    def digest(self, org_id: UUID, content: bytes) -> bytes: ...

    def parsing(self, org_id: UUID) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """One command as it was sent, not yet validated."""

    route: CommandRoute
    stream_id: UUID | None
    body: Any
    key: str | None = None
    if_match: int | None = None
    occurred_at: datetime | None = None
    origin: Origin = "live"
    at: str = ""
    """Where the body lies in the document: the beginning of every pointer."""


class Commanding:
    """Takes commands for one service."""

    def __init__(self, handler: Handling, verifier: Verifier, token_key: bytes) -> None:
        self._handler = handler
        self.verifier = verifier
        self._token_key = token_key

    async def answer(self, route: CommandRoute, request: Request) -> Response:
        """The endpoint of one command."""
        headers = request.headers
        caller = await self.verifier.caller(headers.get(b"authorization"))
        require(caller, route.command.roles)
        request.check_accept()
        request.check_media_type()
        stream_id = path_id(request.values[0]) if request.values else None
        key, if_match = key_of(headers), version_of(headers)
        body = bodies.parse(await request.body(COMMAND_BYTES))
        wish = Wish(route, stream_id, body, key, if_match)
        with tracing.span(route.name, tracing.parent_of(headers)) as trace:
            status, document = await self.carry_out(wish, caller, new_id(), trace)
        return Response(status, orjson.dumps(document))

    async def carry_out(
        self, wish: Wish, caller: Caller, correlation_id: UUID, trace: str | None
    ) -> tuple[int, dict[str, Any]]:
        """Status and body of what became of it; refusals are raised as problems."""
        began = time.perf_counter()
        result = "failed"
        try:
            answer = await self._handler.handle(self._call(wish, caller, correlation_id, trace))
            result = RESULT[answer.kind]
            return STATUS[answer.kind], self._document(answer, caller.org_id)
        except Problem as problem:
            result = "refused" if problem.status < 500 else "failed"
            raise
        finally:
            metrics.COMMANDS.labels(wish.route.name, result).inc()
            metrics.COMMAND_SECONDS.observe(time.perf_counter() - began)

    def _call(self, wish: Wish, caller: Caller, correlation_id: UUID, trace: str | None) -> Call:
        if not isinstance(wish.body, dict):
            raise Problem("malformed-body", "The body of a command is a JSON object.", pointer=wish.at)
        command_class = wish.route.command
        stream_id, body = wish.stream_id, wish.body
        if command_class.begins and "id" in body:
            stream_id = own_id(body["id"], wish.at)
            if wish.stream_id not in (None, stream_id):
                raise Problem("invalid", "The body's id and the command's differ.", pointer=f"{wish.at}/id")
            body = {name: value for name, value in body.items() if name != "id"}
        if caller.role is Role.CUSTOMER and str(stream_id) != caller.subject:
            raise not_found()
        text = bodies.canonical(body, wish.at)
        if len(text) > COMMAND_BYTES:
            raise Problem("too-large", f"A command may have {COMMAND_BYTES} bytes.", pointer=wish.at)
        context = self._handler.parsing(caller.org_id)
        return Call(
            org_id=caller.org_id,
            actor=caller.subject,
            command=bodies.validated(command_class, text, context, wish.at),
            stream_id=stream_id,
            digest=self._digest(caller.org_id, wish, stream_id, text) if wish.key else b"",
            correlation_id=correlation_id,
            key=wish.key,
            if_match=wish.if_match,
            trace=trace,
            occurred_at=wish.occurred_at,
            origin=wish.origin,
        )

    def _digest(self, org_id: UUID, wish: Wish, stream_id: UUID | None, text: bytes) -> bytes:
        parts = [wish.route.name, stream_id, wish.occurred_at, wish.origin]
        return self._handler.digest(org_id, orjson.dumps(parts) + text)

    def _document(self, answer: Answer, org_id: UUID) -> dict[str, Any]:
        return {
            "id": str(answer.id),
            "version": answer.version,
            "events": [{"id": str(event_id), "type": kind} for event_id, kind in answer.events],
            "position": seal_positions(self._token_key, org_id, answer.positions),
        }


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


def checked_key(key: str) -> str:
    """A key that can be stored: 1 to 200 printable ASCII characters."""
    if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable()):
        raise Problem(
            "malformed-request", f"An idempotency key has 1 to {KEY_LENGTH} printable ASCII characters."
        )
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
