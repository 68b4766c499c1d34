"""What a build takes its events from: the topics, or an archive first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kernel.settings import Settings
from kernel.taking import generations
from kernel.view.building.source import Source
from kernel.view.building.topics import opened


@asynccontextmanager
async def source(
    settings: Settings, names: generations.Topics, archive: Path | None
) -> AsyncIterator[Source]:
    """Raises NoTopic, KafkaError, OSError, and Unfit where `archive` names none."""
    async with opened(settings, names) as topics:
        if archive is None:
            yield topics
            return
        # Only here, since the packages that read archives are not in every environment.
        from kernel.archive.format import manifest
        from kernel.archive.source import Archived

        yield Archived(archive, manifest.read(archive), topics)
