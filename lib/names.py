"""How names are searched: words without case, accents or punctuation."""

import re
from unicodedata import combining, normalize

LONGEST_WORD = 100
"""Characters; whatever follows is not searched."""


def searchable(text: str) -> str:
    """The text's words in one spelling, with single spaces: `Élodie  Weiß-Müller` → `elodie weiss muller`."""
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    plain = "".join(letter for letter in decomposed if not combining(letter))
    return " ".join(word[:LONGEST_WORD] for word in re.findall(r"\w+", plain))
