"""Bodies like a published example, always the same ones: what a fold makes of them is on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

import orjson

from ops.contracts.upcasting import variants
from tests.parcels.log import ORG

LEAST = 12
"""Bodies of each example."""
IDS = (ORG, *(uuid5(ORG, f"varied {number}") for number in range(2)))
ZONES = (timedelta(0), timedelta(hours=5, minutes=30), timedelta(hours=-9))


def varied(example: Path) -> Iterator[bytes]:
    """Whatever its schema allows, each with other times, ids, amounts and answers of yes or no."""
    body = orjson.loads(example.read_bytes())
    schema = orjson.loads(example.with_name(example.name.replace(".example", "")).read_bytes())
    bodies = [body, *variants(schema, body)]
    bodies += [body] * (LEAST - len(bodies))
    for number, each in enumerate(bodies):
        yield orjson.dumps(_otherwise(each, Random(f"{example.name} {number}")))


def _otherwise(value: Any, random: Random) -> Any:
    match value:
        case dict():
            return {name: _otherwise(each, random) for name, each in value.items()}
        case list():
            return [_otherwise(each, random) for each in value]
        case bool():
            return random.random() < 0.5
        case int():
            return random.randint(1, 50)
        case str():
            return _text(value, random)
        case _:
            return value


def _text(text: str, random: Random) -> str:
    """Another time, id or amount where it is one."""
    if _is(UUID, text):
        return str(random.choice((UUID(text), *IDS)))
    if "T" in text and _is(datetime.fromisoformat, text):
        at = datetime.fromisoformat(text) + timedelta(hours=random.randint(-5_000, 5_000))
        return at.astimezone(timezone(random.choice(ZONES))).isoformat()
    if "." in text and _is(float, text):
        return f"{random.randint(1, 10_000) / 100:.2f}"
    return text


def _is(kind: Any, text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
