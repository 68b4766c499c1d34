"""The events that made the rows in which two versions differ, from the services' own logs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from kernel.settings import Settings
from kernel.taking.arrivals import Arrival
from kernel.vault.vault import Vault
from kernel.view.view import RowId
from ops.rebuilding.comparing import Found
from ops.verify.database import connected
from ops.verify.views.folding import Log

MOST_SHOWN = 5
"""The newest of each row."""


async def causes(settings: Settings, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Of each row how many `events` made it, and the `newest` of them in order. Raises CannotRun."""
    behind: dict[RowId, list[Arrival]] = {}
    together = {(one.view.table_name, one.head.partition): (one.view, one.head) for one in found}
    async with AsyncExitStack() as stack:
        tables = {
            service: await stack.enter_async_context(connected(settings, f"{service}_log"))
            for service in sorted({service for one in found for service in one.view.services})
        }
        vault = await Vault.open(settings) if any(one.view.personal for one in found) else None
        if vault is not None:
            stack.push_async_callback(vault.close)
        for view, head in together.values():
            rows = [one.row_id for one in found if (one.view, one.head) == (view, head)]
            behind |= await Log(tables, vault, [view], head.partition).behind(view, head, rows)
    made = [behind[one.row_id] for one in found]
    return [{"events": len(events), "newest": list(map(_told, events[-MOST_SHOWN:]))} for events in made]


def _told(event: Arrival) -> dict[str, Any]:
    assert event.envelope is not None
    return {
        "event": str(event.envelope.event_id),
        "type": event.envelope.type,
        "position": event.position,
        "recorded_at": event.envelope.recorded_at.isoformat(),
    }
