"""Several statements sent as one: a round trip costs more than the work of a small batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple


class Statement(NamedTuple):
    """One INSERT, UPDATE or DELETE with its parameters."""

    sql: str
    parameters: Sequence[Any]


def together(statements: Sequence[Statement], first: Statement, last: str) -> Statement:
    """`first` under the name first, the others beside it, and `last`, a SELECT that may read first.

    All of them see the tables as they were before; no two may touch the same row.
    """
    every = [first, *statements]
    sql = _joined(tuple((one.sql, len(one.parameters)) for one in every), last)
    return Statement(sql, [parameter for one in every for parameter in one.parameters])


@lru_cache(maxsize=1_000)
def _joined(parts: tuple[tuple[str, int], ...], last: str) -> str:
    named, before = [], 0
    for number, (sql, size) in enumerate(parts):
        named.append(f"{'first' if number == 0 else f'next{number}'} AS ({_moved(sql, before)})")
        before += size
    return f"WITH {', '.join(named)} {last}"


def _moved(sql: str, by: int) -> str:
    """The same with its parameters counted from further on."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", sql)
