"""How a question is asked that needs more than an address."""

from __future__ import annotations

from typing import Any

from kernel.web.contract.queries import query_operation
from kernel.web.service import Query


def required(query: Query[Any]) -> dict[str, str]:
    """What must stand in its query string, each as the contract's first example."""
    return {
        each["name"]: each["schema"]["examples"][0]
        for each in query_operation(query, {})["parameters"]
        if each["in"] == "query" and each["required"]
    }
