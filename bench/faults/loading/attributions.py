"""What the reaction must have come to: every purchase is, once, the contact's that has its card."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.faults.loading.wishes import Wish
from kernel.settings import Settings

FIND = """
SELECT stream_id, data FROM event
WHERE type = 'PurchaseAttributed' AND stream_id = ANY($1::uuid[])"""


class _Attributed(msgspec.Struct):
    contact_id: UUID


@dataclass
class Attributions:
    """What the writers were told of cards and of purchases by card."""

    _holders: dict[str, UUID] = field(default_factory=dict)
    _purchases: dict[UUID, str] = field(default_factory=dict)

    def note(self, wish: Wish, answer: dict[str, Any]) -> None:
        """A command was acknowledged."""
        card = wish.body.get("identifier", {}).get("value")
        if card is None:
            return
        if wish.service == "sales":
            self._purchases[UUID(answer["id"])] = card
        elif answer["events"]:
            self._holders[card] = UUID(answer["id"])

    async def check(self, settings: Settings) -> Counter[str]:
        """How many are `lost`, `doubled`, or went `otherwise` than they should."""
        db = await asyncpg.connect(settings.dsn["sales_log"], server_settings={"search_path": "sales"})
        try:
            rows = await db.fetch(FIND, list(self._purchases))
        finally:
            await db.close()
        found: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for row in rows:
            found[row["stream_id"]].append(msgspec.json.decode(row["data"], type=_Attributed).contact_id)
        wrong: Counter[str] = Counter()
        for purchase, card in self._purchases.items():
            holder, told = self._holders.get(card), found[purchase]
            wrong["lost"] += holder is not None and not told
            wrong["doubled"] += len(told) > 1
            wrong["otherwise"] += any(contact != holder for contact in told)
        return wrong
