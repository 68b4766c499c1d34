"""Parts of an archive, read as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kernel.archive.files import Unfit, verified, words
from kernel.archive.manifest import File
from kernel.archive.tables import Table


def groups(
    folder: Path, file: File, table: Table, columns: Sequence[str] = (), codes: Sequence[str] = ()
) -> Iterator[Any]:
    """The file's row groups, verified as a whole first; some columns, or all. Raises Unfit.

    Columns among `codes` come as a dictionary of their values.
    """
    content = verified(folder, file)
    try:
        opened = pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(codes))
        if opened.schema_arrow.names != table.schema.names or opened.metadata.num_rows != file.rows:
            raise Unfit(f"{file.file} holds other columns or rows than it says.")
        for number in range(opened.num_row_groups):
            yield from opened.read_row_group(number, list(columns) or None, use_threads=False).to_batches()
    except pa.ArrowException as error:
        raise Unfit(f"{file.file} cannot be read: {words(error)}") from error
