"""Texts that people write and read: lines, longer texts, and short names for machines."""

from __future__ import annotations

from typing import Annotated
from unicodedata import category, normalize

from pydantic import AfterValidator, Field

_NOT_IN_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})
_NOT_IN_LINES = _NOT_IN_TEXT | {"Zl", "Zp", "Cf"}
"""Categories of Unicode. Cf hides in a name, or turns the direction of what stands beside it; wide spaces
(Zs) belong to many languages' names, as the joiners do."""
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_BREAKS = str.maketrans("\n\r\t", "   ")


def _one_line(text: str) -> str:
    plain = text.isascii()  # most are, and a purchase has dozens
    text = (text if plain else normalize("NFC", text)).strip()
    shown = text if plain else text.translate(_JOINERS).strip()
    if not shown or not (shown.isprintable() or _NOT_IN_LINES.isdisjoint(map(category, shown))):
        raise ValueError("a line of text has no line breaks or control characters, and is not empty")
    return text


def _text(text: str) -> str:
    text = normalize("NFC", text).strip()
    if not text or not (
        text.isprintable() or _NOT_IN_TEXT.isdisjoint(map(category, text.translate(_BREAKS)))
    ):
        raise ValueError("a text has no control characters but line breaks and tabs, and is not empty")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_text)]
Slug = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,49}$", examples=["marketing"])]
