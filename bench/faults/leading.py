"""Relays at work: one that is ready may still wait for the lease of a former one."""

from __future__ import annotations

from ops.local.supervising import readiness

LED = ("contacts_relay", "sales_relay")


async def one_leads(*ports: int) -> bool:
    """Whether exactly one of these does."""
    answers = await readiness.ask({str(port): port for port in ports})
    return sum(bool(answer.body.get("leader")) for answer in answers.values()) == 1
