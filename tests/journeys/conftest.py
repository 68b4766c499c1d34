"""A town that runs, for every journey."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from tests.conftest import Processes
from tests.journeys.town import Town


@pytest.fixture
async def town(
    settings: Settings, processes: Processes, token: Callable[[str, str], str]
) -> AsyncIterator[Town]:
    make_keys(Path(settings.keys))
    async with httpx.AsyncClient(timeout=30) as http:
        town = Town(settings, token, http)
        await town.begin(processes)
        yield town
