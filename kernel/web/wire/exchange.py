"""One HTTP exchange over ASGI, no more than is needed: headers, a bounded body, an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

from kernel.web.problems import CONTENT_TYPE as PROBLEM
from kernel.web.problems import Headers, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = b"application/json"
BODY_WITHIN = 30.0
"""Seconds for a body to arrive."""
DRAIN_WITHIN = 2.0
"""Seconds for the rest of one that was refused."""


class Response(NamedTuple):
    """Status, body, content type, further headers."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: Headers = ()


class Gone(Exception):
    """The client went away before its body was whole."""


class Request:
    """What came, and the values of the names in its route's path."""

    __slots__ = ("_receive", "_whole", "headers", "scope", "values")

    def __init__(self, scope: Scope, receive: Receive, values: tuple[str, ...]) -> None:
        self.scope = scope
        self.values = values
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive
        self._whole = False

    def check_media_type(self) -> None:
        """Raises 415 for a body that says it is no JSON, or compressed."""
        kind = self.headers.get(b"content-type", JSON)
        if kind != JSON and kind.partition(b";")[0].strip().lower() != JSON:
            raise Problem("unsupported-media-type", "Send the body as application/json.")
        if self.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Problem("unsupported-media-type", "Send the body as it is, not compressed.")

    def check_accept(self) -> None:
        """Raises 406 where the client takes no JSON."""
        accept = self.headers.get(b"accept", b"*/*").lower()
        if not any(kind in accept for kind in (b"*/*", b"application/*", b"json")):
            raise Problem("not-acceptable", "The answer comes as application/json.")

    def check_no_query(self) -> None:
        """Raises 400 for a query string, where the body says everything: to pass it over would mislead."""
        if self.scope["query_string"]:
            raise Problem("malformed-request", "This address takes no query string.")

    def combined(self, name: bytes) -> str:
        """A header that may come several times, as one comma-separated value; empty where it is absent."""
        if name not in self.headers:
            return ""
        return ",".join(value.decode("latin-1") for key, value in self.scope["headers"] if key == name)

    async def body(self, limit: int) -> bytes:
        """The whole body; 413 as soon as more than `limit` bytes came, whatever its length says."""
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            raise _too_large(limit)
        body = await self._part()
        if not self._whole:
            body = await self._rest(body, limit)
        if len(body) > limit:
            raise _too_large(limit)
        return body

    async def _rest(self, first: bytes, limit: int) -> bytes:
        parts, size = [first], len(first)
        try:
            async with asyncio.timeout(BODY_WITHIN):
                while not self._whole and size <= limit:
                    parts.append(await self._part())
                    size += len(parts[-1])
        except TimeoutError as error:
            raise Problem("timeout", f"The body did not arrive within {BODY_WITHIN:.0f} seconds.") from error
        return b"".join(parts)

    async def _part(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self._whole = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    async def drain(self) -> None:
        """Takes what still comes, for a while: a connection closed on unread bytes loses its answer."""
        with suppress(Gone, TimeoutError):
            async with asyncio.timeout(DRAIN_WITHIN):
                while not self._whole:
                    await self._part()


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"The body may have {limit} bytes.")


def refusal(problem: Problem) -> Response:
    """The answer that a problem is."""
    return Response(problem.status, problem.body(), PROBLEM, problem.headers)


async def respond(send: Send, response: Response, unread: Request | None = None) -> None:
    """Sends it whole; then drains `unread`, if part of its body was left."""
    status, body, content_type, more = response
    length = str(len(body)).encode()
    headers = [(b"content-type", content_type), (b"content-length", length), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": unread is not None})
    if unread is not None:
        await unread.drain()
        await send({"type": "http.response.body", "body": b""})
