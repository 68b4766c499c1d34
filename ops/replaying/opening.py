"""Personal parts opened for a caller who may see them; each asking is on record before anything is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from kernel.database import DatabaseAway, connect_pool
from kernel.log.envelope import read, write
from kernel.log.facts import Event
from kernel.settings import Settings
from kernel.taking.arrivals import Reading
from kernel.taking.fact import Fact
from kernel.taking.opening import person_of, plain_of
from kernel.vault.keys import KeysMissing
from kernel.vault.sealing import CannotOpen, Key
from kernel.vault.vault import Vault
from kernel.web.access import Caller
from kernel.web.jwks import KeyRing
from kernel.web.problems import Problem
from kernel.web.tokens import Verifier
from ops.errors import CannotRun
from ops.operator import operator
from ops.replaying.topic import Record
from ops.replaying.types import types_of
from services.projections.customers.roles import CLEAR

RECORD = """
INSERT INTO opening (org_id, subject, role, opened_by, topic, asked) VALUES ($1, $2, $3, $4, $5, $6)"""

_DATA = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class AllOf:
    """Every type of one service, with its personal part."""

    types: Mapping[str, type[Event]]
    services: frozenset[str]
    personal: bool = True


async def caller_of(settings: Settings, token: str) -> Caller:
    """Whom the token names, if its role sees every customer's personal values; raises CannotRun."""
    try:
        verifier = Verifier(KeyRing(settings.jwks), settings.issuer, settings.audience)
        caller = await verifier.caller(b"Bearer " + token.strip().encode())
    except Problem as problem:
        raise CannotRun(f"the token in RAPPORT_TOKEN or --token-file: {problem.sentence}") from problem
    if caller.role not in CLEAR:
        roles = ", ".join(sorted(CLEAR))
        raise CannotRun(f"the role {caller.role} may not see personal values: {roles} may.")
    return caller


@dataclass(frozen=True)
class Opener:
    """Opens what one organisation's events hold of persons."""

    caller: Caller
    vault: Vault
    service: str
    reading: Reading

    async def lines(self, records: Sequence[Record]) -> list[bytes]:
        """The events with `data.personal` in the place of the sealed part; of an erased person it stays."""
        facts = [
            self.reading.read(self.service, 1, record.partition, record.offset, record.value).fact
            for record in records
        ]
        sealed = [fact for fact in facts if fact is not None and self._concerned(fact)]
        keys = await self.vault.keys(self.caller.org_id, {person_of(fact) for fact in sealed})
        return [
            record.value
            if fact is None or not self._concerned(fact) or not (key := keys.get(person_of(fact)))
            else _opened(record.value, key)
            for record, fact in zip(records, facts, strict=True)
        ]

    def _concerned(self, fact: Fact[Any]) -> bool:
        return fact.envelope.sealed is not None and fact.org_id == self.caller.org_id


def _opened(value: bytes, key: Key) -> bytes:
    envelope = read(value)
    try:
        plain = plain_of(envelope, key)
    except (CannotOpen, ValueError):
        return value
    data = _DATA.decode(envelope.data) | {"personal": msgspec.Raw(plain)}
    whole = msgspec.Raw(msgspec.json.encode(data))
    return write(msgspec.structs.replace(envelope, sealed=None, data=whole))


@asynccontextmanager
async def opener(
    settings: Settings, caller: Caller, service: str, topic: str, asked: str
) -> AsyncIterator[Opener]:
    """Puts on record who asks for what, then opens. Raises CannotRun."""
    try:
        async with AsyncExitStack() as stack:
            pool = await connect_pool(settings, "vault_app", max_size=1)
            stack.push_async_callback(pool.close)
            who = caller.org_id, caller.subject, caller.role.value, operator()
            await pool.execute(RECORD, *who, topic, asked)
            vault = await Vault.open(settings)
            stack.push_async_callback(vault.close)
            yield Opener(caller, vault, service, Reading([AllOf(types_of(service), frozenset({service}))]))
    except (DatabaseAway, KeysMissing) as error:
        raise CannotRun(str(error)) from error
