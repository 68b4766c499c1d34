"""In what two JSON schemas differ, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(published: Any, now: Any, at: str = "") -> Iterator[str]:
    """Each place in which the second is not the first, as a JSON pointer with what became of it."""
    if isinstance(published, dict) and isinstance(now, dict):
        for key in sorted({*published, *now}):
            place = f"{at}/{key}"
            if key not in now:
                yield f"{place} is gone"
            elif key not in published:
                yield f"{place} is new"
            else:
                yield from differences(published[key], now[key], place)
    elif isinstance(published, list) and isinstance(now, list):
        if len(published) == len(now) and all(isinstance(each, dict) for each in [*published, *now]):
            for index, (before, after) in enumerate(zip(published, now, strict=True)):
                yield from differences(before, after, f"{at}/{index}")
            return
        yield from (f"{at} lost {each}" for each in published if each not in now)
        yield from (f"{at} gained {each}" for each in now if each not in published)
    elif published != now:
        yield f"{at} is {now}, was {published}"
