"""Asks every process over HTTP whether it is ready."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """The answer of one `/readyz`; `body` is empty where nobody answered."""

    ready: bool
    body: dict[str, Any]

    @property
    def stopped(self) -> str | None:
        """Why it does nothing for its callers though nothing is away: its topic is to be made anew."""
        failing = self.body.get("failing")
        return failing["log"] if isinstance(failing, dict) and list(failing) == ["log"] else None


def stands_still(service: str, reason: str) -> str:
    """What an operator is told of a service whose topic is to be made anew."""
    return f"{service} takes no commands until `./rapport republish {service}`: {reason}"


async def ask(ports: dict[str, int]) -> dict[str, ReadyAnswer]:
    """Every named process at once."""
    # Plain HTTP on loopback: certificates would only cost the time of loading them.
    async with httpx.AsyncClient(timeout=2, trust_env=False, verify=False) as client:
        answers = await asyncio.gather(*(_ask(client, port) for port in ports.values()))
    return dict(zip(ports, answers, strict=True))


async def _ask(client: httpx.AsyncClient, port: int) -> ReadyAnswer:
    try:
        answer = await client.get(f"http://127.0.0.1:{port}/readyz")
        body = answer.json()
    except (httpx.HTTPError, ValueError):
        return ReadyAnswer(False, {})
    return ReadyAnswer(answer.status_code == 200, body if isinstance(body, dict) else {})
