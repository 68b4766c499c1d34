"""The local token issuer: signed tokens for people and programs, refused outside local mode."""

import time
import uuid

from joserfc import jwt

from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local.home import keys

NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:rapport:org")
DEFAULT_LIFE = 12 * 3600
"""Seconds."""


def organisation(name: str) -> uuid.UUID:
    """A UUID as it stands; any other name stands for the same UUID every time."""
    try:
        return uuid.UUID(name)
    except ValueError:
        return uuid.uuid5(NAMES, name)


def token(
    settings: Settings,
    org: str,
    role: str,
    subject: str = "local",
    life: int = DEFAULT_LIFE,
    contact: uuid.UUID | None = None,
    issued: float | None = None,
) -> str:
    """A token for `role` in `org`, valid for `life` seconds; `contact` is whom a customer's speaks for.

    `issued` is since when, in seconds since 1970; omitted: now.
    """
    if settings.mode != "local":
        raise CannotRun(
            "tokens are made here in local mode only: ask the sign-in service of this installation."
        )
    claims = {"sub": subject, "org": str(organisation(org)), "role": role}
    spoken_for = {"contact": str(contact)} if contact else {}
    return _signed(settings, claims | spoken_for, life, issued or time.time())


def _signed(settings: Settings, claims: dict[str, str], life: int, issued: float) -> str:
    key = keys.issuer(settings.keys)
    since = int(issued)
    registered = {"iss": settings.issuer, "aud": settings.audience, "iat": since, "exp": since + life}
    header = {"alg": "Ed25519", "kid": key.kid}
    return jwt.encode(header, registered | claims, key, algorithms=["Ed25519"])
