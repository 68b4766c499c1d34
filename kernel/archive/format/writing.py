"""Parquet files written batch by batch, so that memory does not grow with what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow.parquet as pq

from kernel.archive.format.files import beside, finish
from kernel.archive.format.manifest import File
from kernel.archive.format.tables import Table

GROUP_ROWS = 4_096
GROUP_BYTES = 8 * 1024 * 1024
"""Of the events in one row group, whichever is reached first: what reading one takes."""


class Writing(AbstractContextManager["Writing"]):
    """One file on its way; it is there once `finished` was called."""

    def __init__(self, folder: Path, name: str, table: Table) -> None:
        self.rows = 0
        self._path, self._name, self._table = folder / name, name, table
        self._file = pq.ParquetWriter(
            beside(self._path),
            table.schema,
            compression="zstd",
            use_dictionary=list(table.often),
            column_encoding={
                name: "DELTA_BINARY_PACKED"
                for name, kind in table.columns.items()
                if kind in ("bigint", "timestamptz") and name not in table.often
            },
            write_statistics=False,
        )
        self._waiting: list[Any] = []
        self._bytes = 0

    def add(self, rows: Iterable[Any], size: int = 0) -> None:
        """More rows, `size` bytes of them."""
        self._waiting.extend(rows)
        self._bytes += size
        if len(self._waiting) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def finished(self) -> File:
        """Makes the file durable; what it is."""
        self._flush()
        self._file.close()
        size, digest = finish(self._path)
        return File(file=self._name, rows=self.rows, bytes=size, sha256=digest)

    def _flush(self) -> None:
        if self._waiting:
            self._file.write_batch(self._table.batch(self._waiting))
            self.rows += len(self._waiting)
            self._waiting, self._bytes = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._file.close()
