"""Who takes records: a view version or a reaction."""

from __future__ import annotations

from typing import Protocol

from kernel.taking.arrivals import Reader


class Taker(Reader, Protocol):
    """Takes the records of its topics once, in order, or parks them."""

    @property
    def kind(self) -> str:
        """`view` or `reaction`."""

    @property
    def taker(self) -> str:
        """The name under which its checkpoints and its parked events stand."""
