"""The ASGI application of a service: the table of its routes in front, Starlette behind it for the rest."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp

from kernel import tracing
from kernel.web.problems import Problem
from kernel.web.wire.exchange import Gone, Receive, Request, Scope, Send, refusal, respond
from kernel.web.wire.failures import problem_of
from kernel.web.wire.table import Route, Table

TOO_LARGE = 413


class Application:
    """Finds the endpoint, and turns every error into its problem."""

    def __init__(self, routes: Iterable[Route], others: ASGIApp) -> None:
        self._table = Table(routes)
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._table.find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._others(scope, receive, send)
            return
        request = Request(scope, receive, found.values)
        try:
            endpoint = found.methods.get(scope["method"])
            if endpoint is None:
                raise not_allowed(found.methods)
            response = await endpoint(request)
        except Gone:
            return
        except Exception as error:
            route, trace = f"{scope['method']} {found.path}", tracing.parent_of(request.headers)
            response = refusal(problem_of(error, route=route, trace=trace))
        await respond(send, response, request if response.status == TOO_LARGE else None)


def not_allowed(methods: Iterable[str]) -> Problem:
    """405, with the methods that there are."""
    allow = ", ".join(sorted(methods))
    return Problem(
        "method-not-allowed", f"This address takes {allow}.", headers=((b"allow", allow.encode()),)
    )
