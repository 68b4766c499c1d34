"""One query as an OpenAPI operation."""

from __future__ import annotations

import re
from typing import Any

from kernel.web.contract import problems, schemas
from kernel.web.querying import AS_OF, names_in
from kernel.web.service import Query

POSITION = {
    "name": "Rapport-Position",
    "in": "header",
    "required": False,
    "description": "Positions of earlier answers, comma separated: the answer shows nothing older.",
    "schema": {"type": "string", "maxLength": 8192},
}
REACHED = {
    "Rapport-Position": {"description": "How far the answer's views are.", "schema": {"type": "string"}},
}


def query_operation(query: Query[Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The operation; `answer` is the schema of what it answers."""
    codes = [*problems.QUERY, *(problems.BODY if query.method == "POST" else ())]
    if query.moment != AS_OF:
        codes.append("as-of-not-answered")
    operation = {
        "operationId": query.method.lower() + re.sub(r"[{}]", "", query.path).replace("/", "-"),
        "summary": query.summary,
        "description": f"For: {', '.join(sorted(query.roles))}.",
        "tags": [query.path.split("/")[1]],
        "parameters": [*_parameters(query), POSITION],
        "responses": {
            "200": {
                "description": "What there is.",
                "headers": REACHED,
                "content": {"application/json": {"schema": answer}},
            },
            **problems.responses(codes, query.refusals),
        },
    }
    if query.method == "POST":
        schema = {"$ref": f"{schemas.COMPONENTS}{query.params.__name__}"}
        examples = {
            f"question-{number}": {"value": dict(example)}
            for number, example in enumerate(query.examples, start=1)
        }
        media = {"schema": schema} | ({"examples": examples} if examples else {})
        operation["requestBody"] = {"required": True, "content": {"application/json": media}}
    return operation


def _parameters(query: Query[Any]) -> list[dict[str, Any]]:
    record = schemas.of_records([query.params])[query.params.__name__]
    required = record.get("required", [])
    in_path = names_in(query.path)
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or name in required,
            "schema": schema,
        }
        for name, schema in record.get("properties", {}).items()
        if query.method == "GET" or name in in_path
    ]
