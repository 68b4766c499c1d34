"""Every process of the house, and one organisation that asks them over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from kernel.settings import SERVICES, Settings
from tests.conftest import Processes

SECONDS_TO_BEGIN = 60


class Town:
    """Commands and questions of one organisation; what was answered last is what is shown next."""

    def __init__(self, settings: Settings, token: Callable[[str, str], str], http: httpx.AsyncClient) -> None:
        self.settings, self.http = settings, http
        self.org_id = uuid4()
        self.token = token(str(self.org_id), "agent")
        self.positions: list[str] = []

    async def command(self, service: str, path: str, body: dict[str, Any]) -> str:
        """The id of what it was about."""
        answer = await self._request(service, "POST", path, body)
        assert answer.is_success, answer.text
        self.positions.append(answer.json()["position"])
        return str(answer.json()["id"])

    async def question(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer, once the views have come to everything that was wished."""
        method = "GET" if body is None else "POST"
        position = {"rapport-position": ", ".join(self.positions[-20:])}
        async with asyncio.timeout(SECONDS_TO_BEGIN):
            while True:
                answer = await self._request("views", method, path, body, position)
                if answer.status_code != 503:  # the worker may have begun only now
                    assert answer.is_success, answer.text
                    return answer.json()

    async def until(self, path: str, condition: Callable[[Any], bool]) -> Any:
        """The answer that fulfils the condition: what reactions do has no position of ours."""
        async with asyncio.timeout(SECONDS_TO_BEGIN):
            while not condition(found := await self.question(path)):  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(0.05)
        return found

    async def _request(
        self, service: str, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        url = f"http://127.0.0.1:{self.settings.port[service]}{path}"
        authorization = {"authorization": f"Bearer {self.token}"}
        return await self.http.request(method, url, json=body, headers=authorization | (headers or {}))

    async def begin(self, processes: Processes) -> None:
        """Starts everything and waits until it answers."""
        for service in SERVICES:
            processes.start("serve", service, settings=self.settings)
            processes.start("relay", service, settings=self.settings)
        processes.start("react", "sales", settings=self.settings)
        processes.start("worker", settings=self.settings)
        processes.start("serve", "views", settings=self.settings)
        async with asyncio.timeout(SECONDS_TO_BEGIN):
            for service in (*SERVICES, "views"):
                while not await self._ready(service):  # noqa: ASYNC110 - in another process
                    await asyncio.sleep(0.1)

    async def _ready(self, service: str) -> bool:
        try:
            return (await self._request(service, "GET", "/readyz", None)).status_code == 200
        except httpx.TransportError:
            return False
