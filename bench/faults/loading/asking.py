"""Requests as a patient caller sends them: what leaves open what has happened is no answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson

SECONDS_TO_ANSWER = 3.0
SECONDS_BEFORE_A_REPEAT = 0.15
UNSETTLED = ("conflict", "unauthorised")
"""Refusals that are not kept: the same key may yet be carried out, where a lost request still waits."""


async def ask(
    http: httpx.AsyncClient, method: str, url: str, headers: dict[str, str], body: Any = None
) -> httpx.Response | None:
    """The answer; None where it is to be asked again."""
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            answer = await http.request(method, url, json=body, headers=headers)
    except (httpx.TransportError, TimeoutError):
        return None
    if answer.status_code >= 500 or (answer.is_error and _code(answer.content) in UNSETTLED):
        return None
    return answer


def _code(body: bytes) -> str:
    return str(orjson.loads(body)["type"]).rpartition(":")[2]
