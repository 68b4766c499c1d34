"""Commands over HTTP: one request becomes one call, and its outcome the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from kernel import metrics, tracing
from kernel.handling.call import Answer, Call
from kernel.handling.handler import Handler
from kernel.ids import new_id
from kernel.log.envelope import Origin
from kernel.web.access import Caller, require, require_own_words
from kernel.web.commanding.parameters import key_of, own_id, path_id, version_of
from kernel.web.commanding.routes import CommandRoute
from kernel.web.positions import seal_positions
from kernel.web.problems import Problem, not_found
from kernel.web.tokens import Verifier
from kernel.web.wire import bodies
from kernel.web.wire.exchange import Request, Response
from kernel.web.wire.failures import problem_of

COMMAND_BYTES = 256 * 1024
STATUS = {"began": 201, "changed": 200, "unchanged": 200}
RESULT = {"began": "accepted", "changed": "accepted", "unchanged": "unchanged"}


@dataclass(frozen=True, slots=True)
class Wish:
    """One command as it was sent, not yet validated."""

    route: CommandRoute
    stream_id: UUID | None
    text: bytes
    """The command's own fields as canonical JSON, which waits in less memory than what it is parsed to."""
    key: str | None = None
    if_match: int | None = None
    occurred_at: datetime | None = None
    origin: Origin = "live"
    at: str = ""
    """Where the body lies in the document: the beginning of every pointer."""


class Commanding:
    """Takes commands for one service."""

    def __init__(self, handler: Handler, verifier: Verifier, token_key: bytes) -> None:
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
        request.check_no_query()
        stream_id = path_id(request.values[0]) if request.values else None
        key, if_match = key_of(headers), version_of(headers)
        body = bodies.parse(await request.body(COMMAND_BYTES))
        stream_id, text = parted(route, stream_id, body)
        wish = Wish(route, stream_id, text, key, if_match)
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
        except Exception as error:
            route, stream = f"POST {wish.route.path}", wish.stream_id
            where = {"route": route, "stream": stream, "correlation": correlation_id, "trace": trace}
            raise problem_of(error, **where) from error
        finally:
            metrics.COMMANDS.labels(wish.route.name, result).inc()
            metrics.COMMAND_SECONDS.observe(time.perf_counter() - began)

    def _call(self, wish: Wish, caller: Caller, correlation_id: UUID, trace: str | None) -> Call:
        if not caller.owns((wish.stream_id,)):
            raise not_found()
        if len(wish.text) > COMMAND_BYTES:
            raise Problem("too-large", f"A command may have {COMMAND_BYTES} bytes.", pointer=wish.at)
        context = self._handler.parsing(caller.org_id)
        command = bodies.validated(wish.route.command, wish.text, context, wish.at)
        require_own_words(caller, command.own_words, command, wish.at)
        return Call(
            org_id=caller.org_id,
            actor=caller.subject,
            command=command,
            stream_id=wish.stream_id,
            digest=self._digest(caller.org_id, wish) if wish.key else b"",
            correlation_id=correlation_id,
            key=wish.key,
            if_match=wish.if_match,
            trace=trace,
            occurred_at=wish.occurred_at,
            origin=wish.origin,
        )

    def _digest(self, org_id: UUID, wish: Wish) -> bytes:
        parts = [wish.route.name, wish.stream_id, wish.occurred_at, wish.origin]
        return self._handler.digest(org_id, orjson.dumps(parts) + wish.text)

    def _document(self, answer: Answer, org_id: UUID) -> dict[str, Any]:
        return {
            "id": str(answer.id),
            "version": answer.version,
            "events": [{"id": str(event_id), "type": kind} for event_id, kind in answer.events],
            "position": seal_positions(self._token_key, org_id, answer.positions),
        }


def parted(route: CommandRoute, stream_id: UUID | None, body: Any, at: str = "") -> tuple[UUID | None, bytes]:
    """The stream and the command's own fields: the body of one that begins a stream may bring both."""
    if not isinstance(body, dict):
        raise Problem("malformed-body", "The body of a command is a JSON object.", pointer=at)
    if route.command.begins and "id" in body:
        own = own_id(body.pop("id"), at)
        if stream_id not in (None, own):
            raise Problem("invalid", "The body's id and the command's differ.", pointer=f"{at}/id")
        stream_id = own
    return stream_id, bodies.canonical(body, at)
