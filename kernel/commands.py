"""What a wish is: a frozen class of plain data, with who may wish it; and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kernel.web.access import Role
from lib.records import Record


class Command(Record):
    """A wish of a service, as its `commands.py` declares it; the body of a request is the command."""

    roles: ClassVar[frozenset[Role]] = frozenset()
    """Who may wish it. None: it has no route and comes from a reaction alone."""

    own_words: ClassVar[tuple[tuple[str, Any], ...]] = ()
    """Fields with the one value that they may have where a customer speaks of itself; None: left out."""

    refusals: ClassVar[tuple[str, ...]] = ()
    """The codes of all that its decision may raise as Rejected, and of a claim that it may find taken."""

    outdated: ClassVar[tuple[str, ...]] = ()
    """The codes of all that its decision may raise as Outdated."""

    begins: ClassVar[bool] = False
    """It begins a stream: `POST /<aggregates>`; the body may bring the stream's own `id` beside its
    fields."""

    spans: ClassVar[bool] = False
    """It is decided over several streams: by the aggregate's `touches` and `decide_many`."""

    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    """Bodies that succeed as they stand. A beginning command's first example does so any number of times, its
    others once; another command's do on a stream of that first example, when those others are there and what
    it undoes was done."""


class Rejected(Exception):
    """Not allowed, and why: a code, a sentence without personal values, and the JSON pointer of the field."""

    status: ClassVar[int] = 422

    def __init__(self, code: str, sentence: str, pointer: str | None = None) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.pointer = pointer


class Outdated(Rejected):
    """What was wished for is not there any more: look again. Its codes are the command's `outdated`."""

    status = 409
