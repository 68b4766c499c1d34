"""Parts of an archive, read as they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kernel.archive.format.files import Unfit, verified, words
from kernel.archive.format.manifest import File
from kernel.archive.format.tables import Table


def opened(folder: Path, file: File, table: Table, codes: Sequence[str] = ()) -> Any:
    """The file, verified as a whole, as pyarrow's ParquetFile over its bytes; raises Unfit.

    Columns among `codes` come as codes and a dictionary.
    """
    content = verified(folder, file)
    try:
        found = pq.ParquetFile(pa.BufferReader(content), read_dictionary=list(codes))
    except pa.ArrowException as error:
        raise Unfit(f"{file.file} cannot be read: {words(error)}") from error
    if found.schema_arrow.names != table.schema.names or found.metadata.num_rows != file.rows:
        raise Unfit(f"{file.file} holds other columns or rows than it says.")
    return found


def groups(folder: Path, file: File, table: Table, columns: Sequence[str] = ()) -> Iterator[Any]:
    """The file's row groups as record batches, all columns or some of them; raises Unfit."""
    found = opened(folder, file, table)
    for number in range(found.num_row_groups):
        yield from found.read_row_group(number, list(columns) or None, use_threads=False).to_batches()
