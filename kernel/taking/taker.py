"""Who takes records: a view version or a reaction, and where its books are kept."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from kernel.taking.arrivals import Reader


class Books(NamedTuple):
    """The tables that say how far a taker is and what it has parked, and which rows in them are its own."""

    kind: str
    name: str
    checkpoints: str
    parked: str
    columns: str
    """Which columns name the taker …"""
    values: str
    """… and what they hold for this one, as SQL."""

    def sql(self, template: str) -> str:
        """The statement for this taker, whose rows have `({columns}) = ({values})`."""
        return template.format(**self._asdict())


class Taker(Reader, Protocol):
    """Takes the records of its topics once, in order, or parks them."""

    @property
    def books(self) -> Books: ...
