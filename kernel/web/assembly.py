"""From a service's tables to its ASGI application: endpoints in front, pages and health behind."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as PageRequest
from starlette.responses import Response as PageResponse
from starlette.routing import Route as Page

from kernel import metrics
from kernel.web.application import Application, not_allowed
from kernel.web.commanding.batch import Batches
from kernel.web.commanding.routes import command_routes
from kernel.web.commanding.single import Commanding
from kernel.web.contract.docs import docs_routes
from kernel.web.operational import PATHS, Ready, operational
from kernel.web.problems import CONTENT_TYPE, Problem
from kernel.web.querying import Querying
from kernel.web.service import Service
from kernel.web.sharing import Sharing
from kernel.web.wire.table import Route


def assembled(
    service: Service,
    ready: Ready,
    commanding: Commanding | None = None,
    querying: Querying | None = None,
    sharing: Sharing | None = None,
) -> Application:
    """The application of `service`: with `commanding` its commands, with `querying` its queries, and with
    `sharing` those about what other organisations share."""
    routes: list[Route] = []
    if commanding is not None:
        metrics.show(metrics.COMMANDING)
        commands = command_routes(service)
        routes += [Route("POST", each.path, partial(commanding.answer, each)) for each in commands]
        routes.append(Route("POST", "/commands", Batches(commanding, commands).answer))
    if querying is not None:
        metrics.show(metrics.QUERYING)
        for each in service.queries:
            answering = querying if each.owner is None else sharing
            if answering is not None:
                routes.append(Route(each.method, each.path, partial(answering.answer, each)))
    return Application(routes, _pages(service, ready))


def _pages(service: Service, ready: Ready) -> Starlette:
    async def health(request: PageRequest) -> PageResponse:
        status, content_type, body = await operational(request.url.path, ready)
        return PageResponse(body, status, {"content-type": content_type.decode()})

    app = Starlette(
        routes=[*docs_routes(service), *(Page(path, health) for path in PATHS)],
        exception_handlers={HTTPException: _problem},
    )
    app.router.redirect_slashes = False
    return app


async def _problem(_request: PageRequest, error: Exception) -> PageResponse:
    if isinstance(error, HTTPException) and error.status_code == 405:
        problem = not_allowed((error.headers or {}).get("Allow", "GET").split(", "))
    else:
        problem = Problem("not-found", "There is nothing at this address.")
    headers = {name.decode(): value.decode() for name, value in problem.headers}
    return PageResponse(problem.body(), problem.status, {"content-type": CONTENT_TYPE.decode(), **headers})
