"""Queries over HTTP: wait for the asked positions, read one snapshot, say how far it is."""

from __future__ import annotations

import time
from collections.abc import Container
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
import msgspec

from kernel import metrics, tracing
from kernel.database import read_as
from kernel.vault.vault import Vault
from kernel.view import reading
from kernel.view.history import whole
from kernel.web.access import Caller, require
from kernel.web.inquiry import Inquiry, made
from kernel.web.positions import Positions, open_positions, seal_positions
from kernel.web.problems import Problem, not_found
from kernel.web.service import Query
from kernel.web.tokens import Verifier
from kernel.web.wire import bodies
from kernel.web.wire.exchange import Request, Response
from kernel.web.wire.failures import problem_of
from lib.records import Record

QUESTION_BYTES = 64 * 1024
POSITION = b"rapport-position"
AS_OF = "as_of"

_ENCODER = msgspec.json.Encoder()


class Querying:
    """Answers the queries of one process."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault, verifier: Verifier, token_key: bytes) -> None:
        self._pool = pool
        self._vault = vault
        self._verifier = verifier
        self._token_key = token_key

    async def answer(self, query: Query[Any], request: Request) -> Response:
        """The endpoint of one query."""
        began = time.perf_counter()
        status = 500
        try:
            response = await self._answer(query, request)
            status = response.status
            return response
        except Problem as problem:
            status = problem.status
            raise
        finally:
            metrics.QUERIES.labels(query.path, str(status)).inc()
            metrics.QUERY_SECONDS.labels(query.path).observe(time.perf_counter() - began)

    async def _answer(self, query: Query[Any], request: Request) -> Response:
        caller = await self._verifier.caller(request.headers.get(b"authorization"))
        require(caller, query.roles)
        request.check_accept()
        params = await params_of(query, request)
        route = f"{query.method} {query.path}"
        with tracing.span(route, tracing.parent_of(request.headers)) as trace:
            try:
                return await self._read(query, params, caller, request.combined(POSITION))
            except Problem:
                raise
            except Exception as error:
                raise problem_of(error, route=route, trace=trace) from error

    async def _read(self, query: Query[Any], params: Record, caller: Caller, asked: str) -> Response:
        named, moment = _moment(query, params)
        views = query.past or query.views if moment else query.views
        if moment:
            await whole.until_whole(self._pool, views, moment, f"/{named}", query.of)
        if asked:
            positions = open_positions(self._token_key, caller.org_id, asked)
            await reading.wait_for(self._pool, views, positions)
        async with read_as(self._pool, caller.org_id) as db:
            if moment:
                await whole.require_whole(db, views, moment, query.of)
            found = await query.handler(Inquiry(db, caller, self._vault, self._token_key), params)
            reached = await reading.reached(db, views)
        return shown(self._token_key, caller, await made(found), reached)


def shown(token_key: bytes, caller: Caller, found: Any, reached: Positions) -> Response:
    """What was found, and how far the views were; 404 for nothing."""
    headers = ((POSITION, seal_positions(token_key, caller.org_id, reached).encode()),)
    if found is None:  # unknown, or not there yet: the position tells
        raise not_found(headers)
    return Response(200, _ENCODER.encode(found), headers=headers)


async def params_of(query: Query[Any], request: Request) -> Record:
    """The query's parameters, from its path and its query string or body; 4xx with a pointer."""
    if query.method == "GET":
        texts = _with_path(_query_string(request.scope["query_string"]), query, request)
        if any("\0" in text for text in texts.values()):
            raise Problem("invalid", "A parameter may not hold a NUL character.")
        _refuse_as_of(query, texts)
        params: Record = bodies.validated_texts(query.params, texts)
        return params
    request.check_media_type()
    _refuse_as_of(query, _query_string(request.scope["query_string"]))
    request.check_no_query()
    body = bodies.parse(await request.body(QUESTION_BYTES))
    if not isinstance(body, dict):
        raise Problem("malformed-body", "The body of a question is a JSON object.", pointer="")
    _refuse_as_of(query, body)
    question: Record = bodies.validated(query.params, bodies.canonical(_with_path(body, query, request)))
    return question


def _moment(query: Query[Any], params: Record) -> tuple[str, datetime | None]:
    """The latest time that is asked about, and which parameter names it; None: now alone."""
    for name in filter(None, (query.moment, query.since)):
        if moment := getattr(params, name):
            return name.rstrip("_"), moment
    return "", None


def _refuse_as_of(query: Query[Any], asked: Container[str]) -> None:
    """None answers for now what was asked for another time."""
    if AS_OF in asked and query.moment != AS_OF:
        instead = f"{query.moment} names the time" if query.moment else "this is answered for now"
        raise Problem("as-of-not-answered", f"Leave as_of out: {instead}.", pointer=f"/{AS_OF}")


def _with_path(asked: dict[str, Any], query: Query[Any], request: Request) -> dict[str, Any]:
    """What was asked together with what the path names, which nothing else may name."""
    path = dict(zip(names_in(query.path), request.values, strict=True))
    for name in path.keys() & asked.keys():
        raise Problem("invalid", "This stands in the address alone.", pointer=f"/{bodies.escaped(name)}")
    return asked | path


def names_in(path: str) -> list[str]:
    """The names in braces, in order."""
    return [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]


def _query_string(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Problem("malformed-request", "The query string is not well formed.") from error
    texts = dict(pairs)
    if len(texts) < len(pairs):
        raise Problem("malformed-request", "A parameter stands in the query string once.")
    return texts
