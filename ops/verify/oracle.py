"""All comparisons, one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.view.view import View
from ops.advance import Say, counting
from ops.verify.log.check import check_log
from ops.verify.report import Verdict
from ops.verify.views.check import check_views


async def verify(
    settings: Settings,
    services: Sequence[str],
    views: Sequence[View[Any]],
    journals: Sequence[Path] = (),
    say: Say = lambda _: None,
) -> Verdict:
    """Compares the logs of `services` and all of `views`, and says how far it is; commands may run meanwhile.

    Raises CannotRun, DatabaseAway, SchemaMismatch or KafkaError where something cannot be read.
    """
    began = time.monotonic()
    done = counting("verify", (len(services) + 1) * PARTITIONS, "partitions of logs and views", say)
    logs = [await check_log(settings, service, journals, done) for service in services]
    shown = await check_views(settings, views, done)
    return Verdict(logs, shown, time.monotonic() - began)
