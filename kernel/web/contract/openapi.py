"""The OpenAPI 3.1 document of a service, made from the tables that its routes are made from."""

from __future__ import annotations

import msgspec

from kernel.web.commanding.routes import CommandRoute, command_routes
from kernel.web.contract import problems, schemas
from kernel.web.contract.commands import ANSWER, OUTCOME, Document, batch_operation, command_operation
from kernel.web.contract.operations import OPERATIONAL
from kernel.web.contract.queries import query_operation
from kernel.web.service import Service

OWN_ID = {
    "type": "string",
    "format": "uuid",
    "description": "Its own id; one is made where there is none.",
}


def openapi(service: Service) -> Document:
    """The whole document."""
    routes = command_routes(service)
    answers, components = schemas.of_answers([query.answer for query in service.queries])
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})["post"] = command_operation(route)
    if routes:
        paths["/commands"] = {"post": batch_operation(routes)}
    for query, answer in zip(service.queries, answers, strict=True):
        paths.setdefault(query.path, {})[query.method.lower()] = query_operation(query, answer)
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"Rapport: {service.name}", "version": "1", "description": _about(service)},
        "security": [{"token": []}],
        "paths": {**dict(sorted(paths.items())), **OPERATIONAL},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": dict(sorted((components | _components(service, routes)).items())),
        },
    }
    return dict(msgspec.json.decode(msgspec.json.encode(document)))  # defaults and examples as JSON has them


def _about(service: Service) -> str:
    return (
        f"The HTTP interface of the service {service.name}. A command answers with a position; a query that "
        "carries it in Rapport-Position shows nothing older."
    )


def _components(service: Service, routes: tuple[CommandRoute, ...]) -> dict[str, Document]:
    questions = [query.params for query in service.queries if query.method == "POST"]
    components = schemas.of_records([*(route.command for route in routes), *questions])
    for route in routes:
        if route.command.begins and route.aggregate.stream_of is None:
            components[route.name].setdefault("properties", {})["id"] = OWN_ID
    return {**components, problems.NAME: problems.SCHEMA, "Answer": ANSWER, "Outcome": OUTCOME}
