"""All comparisons, one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.view.view import View
from ops.verify.log.check import Tick, check_log
from ops.verify.report import Verdict
from ops.verify.views.check import check_views


def steps(services: Sequence[str]) -> int:
    """How often `tick` will be called."""
    return (len(services) + 1) * PARTITIONS


async def verify(
    settings: Settings,
    services: Sequence[str],
    views: Sequence[View[Any]],
    journals: Sequence[Path] = (),
    tick: Tick = lambda _: None,
) -> Verdict:
    """Compares the logs of `services` and all of `views`; commands may run meanwhile.

    Raises CannotRun, DatabaseAway, SchemaMismatch or KafkaError where something cannot be read.
    """
    began = time.monotonic()
    logs = [await check_log(settings, service, journals, tick) for service in services]
    shown = await check_views(settings, views, tick)
    return Verdict(logs, shown, time.monotonic() - began)
