"""The names that `serve` and `react` take; `relay` takes every service."""

from kernel.settings import SERVICES

SERVED = (*SERVICES, "views")
"""The processes that callers speak to."""

REACTING = ("sales",)
"""The services that react to others' events."""
