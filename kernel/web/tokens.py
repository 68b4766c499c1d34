"""A signed token becomes a caller, or a 401."""

from __future__ import annotations

import time
from collections import OrderedDict
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from kernel.web.access import Caller, Role
from kernel.web.jwks import KeyRing
from kernel.web.problems import Problem

ALGORITHMS = ["EdDSA", "Ed25519"]
"""One algorithm under its former and its present name (RFC 8037, RFC 9864)."""
CACHED_TOKENS = 10_000
CLOCK_LEEWAY = 30
"""Seconds that the issuer's clock may be ahead of ours."""
SUBJECT_LENGTH = 200


class Verifier:
    """Turns bearer tokens into callers: EdDSA only; a token once verified is remembered until it expires."""

    def __init__(self, keys: KeyRing, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._known: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()
        self._age = keys.age

    async def caller(self, authorization: bytes | None) -> Caller:
        """The caller of an Authorization header; raises a 401 problem."""
        if authorization in self._known:
            await self._keys.refresh()
        if self._age != self._keys.age:
            self._known.clear()
            self._age = self._keys.age
        known = self._known.get(authorization) if authorization else None
        if known is not None and known[1] > time.time():
            return known[0]
        token = _bearer(authorization)
        caller, expires = await self._verified(token)
        self._known[authorization or b""] = caller, expires
        if len(self._known) > CACHED_TOKENS:
            self._known.popitem(last=False)
        return caller

    async def _verified(self, token: str) -> tuple[Caller, float]:
        try:
            key_id = jws.extract_compact(token.encode()).headers().get("kid")
            key: Key = await self._keys.key(key_id)
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
            self._registry().validate(claims)
            return _caller_of(claims), float(claims["exp"])
        except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
            raise unauthorised("The token is not valid here, or no longer.") from error

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            leeway=CLOCK_LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
        )


def _bearer(authorization: bytes | None) -> str:
    scheme, _, token = (authorization or b"").partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        raise unauthorised("This address needs a token: Authorization: Bearer …")
    return token.strip().decode("latin-1")


def _caller_of(claims: dict[str, object]) -> Caller:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH or not subject.isprintable():
        raise ValueError("a token needs a printable subject of at most 200 characters")
    role = Role(str(claims["role"]))
    contact_id = UUID(str(claims["contact"])) if role is Role.CUSTOMER else None
    return Caller(UUID(str(claims["org"])), subject, role, contact_id)


def unauthorised(sentence: str) -> Problem:
    """401, with the challenge that RFC 9110 asks for."""
    return Problem("unauthorised", sentence, headers=((b"www-authenticate", b'Bearer realm="rapport"'),))
