"""What a query may use: one snapshot of its caller's organisation, the vault, and sealed cursors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from kernel.web.access import Caller
from kernel.web.positions import CURSOR_CONTEXT, open_text, seal_text
from kernel.web.problems import Problem

if TYPE_CHECKING:
    from kernel.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question being answered; `db` is inside the one read-only snapshot of the organisation."""

    db: asyncpg.Connection
    caller: Caller
    vault: Vault
    token_key: bytes

    def cursor(self, last: Any) -> str:
        """Where the next page begins, sealed: `last` is any JSON value."""
        return seal_text(self.token_key, self.caller.org_id, CURSOR_CONTEXT, msgspec.json.encode(last))

    def after(self, cursor: str, kind: Any) -> Any:
        """What `cursor` sealed, as a `kind`; 400 `bad-cursor` for anything else."""
        try:
            plain = open_text(self.token_key, self.caller.org_id, CURSOR_CONTEXT, cursor)
            return msgspec.json.decode(plain, type=kind)
        except (ValueError, msgspec.MsgspecError) as error:
            raise Problem("bad-cursor", "A cursor is what the page before gave.") from error


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that takes a while to make of what was read: made when the snapshot has been given back."""

    make: Callable[[], Awaitable[Any]]


async def made(found: Any) -> Any:
    """The answer; asked for outside the snapshot."""
    return await found.make() if isinstance(found, Later) else found
