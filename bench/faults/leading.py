"""Relays at work: one that is ready may still wait for the lease of a former one."""

from __future__ import annotations

from typing import Literal

from ops.local.supervising import readiness

LED = ("contacts_relay", "sales_relay")


async def one_has(what: Literal["leader", "topic"], *ports: int) -> bool:
    """Whether exactly one of these leads, or has the topic on which it publishes."""
    answers = await readiness.ask({str(port): port for port in ports})
    return sum(bool(answer.body.get(what)) for answer in answers.values()) == 1
