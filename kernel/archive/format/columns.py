"""Arrow's arrays as Python's own values, many times as fast as one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

_CODES: dict[str, Literal["h", "i", "q"]] = {
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "timestamp[us, tz=UTC]": "q",
}


def numbers(array: Any) -> list[int]:
    """Of whole numbers, none of them null; a time is its microseconds since 1970."""
    found = memoryview(array.buffers()[1]).cast(_CODES[str(array.type)])
    return found[array.offset : array.offset + len(array)].tolist()


def fixed(array: Any) -> bytes:
    """Of values of one width, none of them null: all of them, one after the other."""
    width = array.type.byte_width
    values: bytes = array.buffers()[1].to_pybytes()
    return values[array.offset * width : (array.offset + len(array)) * width]


def blobs(array: Any) -> list[bytes]:
    """Of values of any length, none of them null."""
    _, offsets, values = array.buffers()
    places = memoryview(offsets).cast("i")[array.offset : array.offset + len(array) + 1].tolist()
    content: bytes = values.to_pybytes() if values is not None else b""
    return [content[begin:end] for begin, end in pairwise(places)]
