"""How commands speak: the answer on standard output, everything else on standard error."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")


def say(text: str) -> None:
    """Words for whoever watches."""
    click.echo(text, err=True)


def answer(document: object, text: str, as_json: bool) -> None:
    """The answer itself, for a program or for a person."""
    click.echo(
        json.dumps(document, indent=2 if sys.stdout.isatty() else None, default=_plain) if as_json else text
    )


def _plain(value: object) -> str:
    """What JSON has no form for; a time as programs write it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def minute(at: datetime) -> str:
    """When it was, for a table: in UTC, and saying so."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def counted(number: int, thing: str) -> str:
    """`1 event`, `2,000 events`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table, each cell as wide as the widest of its column."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line that changes on a terminal, plain lines elsewhere; gives the function that tells it."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.console import Console

    with Console(stderr=True).status("") as line:
        yield line.update
