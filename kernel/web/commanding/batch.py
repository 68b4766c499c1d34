"""POST /commands: up to a thousand commands in one request, each answered by itself, in the order asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import Field

from kernel import tracing
from kernel.clocks import NOT_YET, is_ahead
from kernel.ids import new_id
from kernel.web.access import Caller, Role, require
from kernel.web.commanding.parameters import checked_key
from kernel.web.commanding.routes import CommandRoute
from kernel.web.commanding.single import Commanding, Wish, parted
from kernel.web.problems import Problem
from kernel.web.wire import bodies
from kernel.web.wire.exchange import Request, Response
from lib.records import Record
from lib.times import Time

BATCH_BYTES = 8 * 1024 * 1024
MOST_ITEMS = 1_000
AT_ONCE = 128
"""Streams of one request that are worked on at the same time: one append batch."""

BACKDATING = frozenset({Role.INTEGRATOR, Role.OPERATOR})
"""Who may say when something happened, and that it was imported."""

ItemAnswer = dict[str, Any]
Work = tuple[int, Wish]


class Item(Record):
    """One command of a batch; `id` is the stream's, and needless for a command that begins one."""

    command: str
    id: UUID | None = None
    key: str | None = Field(default=None, description="The idempotency key.")
    occurred_at: Time | None = None
    origin: Literal["live", "imported"] = "live"


class Batches:
    """Takes /commands for one service."""

    def __init__(self, commanding: Commanding, routes: Iterable[CommandRoute]) -> None:
        self._commanding = commanding
        self._routes: Mapping[str, CommandRoute] = {route.name: route for route in routes}

    async def answer(self, request: Request) -> Response:
        """200 with one outcome for each item: `status`, and what that command alone would be answered."""
        caller = await self._commanding.verifier.caller(request.headers.get(b"authorization"))
        request.check_accept()
        request.check_media_type()
        request.check_no_query()
        items = bodies.parse(await request.body(BATCH_BYTES))
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            raise Problem("malformed-body", f"The body is a list of at most {MOST_ITEMS} commands.")
        with tracing.span("commands", tracing.parent_of(request.headers)) as trace:
            outcomes = await self._outcomes(items, caller, trace)
        return Response(200, orjson.dumps(outcomes))

    async def _outcomes(self, items: list[Any], caller: Caller, trace: str | None) -> list[ItemAnswer]:
        outcomes: list[ItemAnswer] = [{} for _ in items]
        streams: dict[UUID | int, list[Work]] = {}
        for index, item in enumerate(items):
            try:
                wish = self._wish(item, caller)
            except Problem as problem:
                outcomes[index] = problem.document()
            else:
                streams.setdefault(wish.stream_id or index, []).append((index, wish))
        items.clear()
        waiting = iter(streams.values())
        correlation_id = new_id()

        async def work() -> None:
            for stream in waiting:
                for index, wish in stream:
                    outcomes[index] = await self._outcome(wish, caller, correlation_id, trace)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(streams))):
                group.create_task(work())
        return outcomes

    async def _outcome(
        self, wish: Wish, caller: Caller, correlation_id: UUID, trace: str | None
    ) -> ItemAnswer:
        try:
            status, document = await self._commanding.carry_out(wish, caller, correlation_id, trace)
        except Problem as problem:
            return problem.document()
        return {"status": status, **document}

    def _wish(self, item: Any, caller: Caller) -> Wish:
        if not isinstance(item, dict):
            raise Problem("malformed-body", "A command of a batch is a JSON object.")
        body = item.pop("body", {})
        head = bodies.validated(Item, bodies.canonical(item))
        route = self._routes.get(head.command)
        if route is None:
            raise Problem("invalid", "This service knows no such command.", pointer="/command")
        require(caller, route.command.roles)
        if (head.occurred_at is not None or head.origin == "imported") and caller.role not in BACKDATING:
            raise Problem("forbidden", f"The role {caller.role.value} may not import or backdate.")
        if head.occurred_at is not None and is_ahead(head.occurred_at, datetime.now(UTC)):
            raise Problem(*NOT_YET, pointer="/occurred_at")
        stream_id, text = parted(route, head.id, body, "/body")
        if stream_id is None and not route.command.begins:
            raise Problem("invalid", "This command needs the id of what it is about.", pointer="/id")
        return Wish(
            route=route,
            stream_id=stream_id,
            text=text,
            key=None if head.key is None else checked_key(head.key, "/key"),
            occurred_at=head.occurred_at,
            origin=head.origin,
            at="/body",
        )
