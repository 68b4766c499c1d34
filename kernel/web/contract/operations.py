"""The operational addresses as OpenAPI operations."""

from typing import Any

_JSON = {"application/json": {"schema": {"type": "object"}}}


def _operation(name: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": ["operations"],
            "security": [],
            "responses": responses,
        }
    }


OPERATIONAL: dict[str, Any] = {
    "/healthz": _operation(
        "healthz", "Whether the process is alive.", {"200": {"description": "It is.", "content": _JSON}}
    ),
    "/readyz": _operation(
        "readyz",
        "Whether it can answer; what else is away stands in `degraded`.",
        {
            "200": {"description": "It can.", "content": _JSON},
            "503": {"description": "It cannot: `failing` says why.", "content": _JSON},
        },
    ),
    "/metrics": _operation(
        "metrics",
        "Figures for Prometheus.",
        {"200": {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    ),
}
