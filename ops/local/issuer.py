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
) -> str:
    """A token for `role` in `org`, valid for `life` seconds; `contact` is whom a customer's speaks for."""
    if settings.mode != "local":
        raise CannotRun(
            "tokens are made here in local mode only: ask the sign-in service of this installation."
        )
    claims = {"sub": subject, "org": str(organisation(org)), "role": role}
    return _signed(settings, claims | ({"contact": str(contact)} if contact else {}), life)


def _signed(settings: Settings, claims: dict[str, str], life: int) -> str:
    key = keys.issuer(settings.keys)
    now = int(time.time())
    registered = {"iss": settings.issuer, "aud": settings.audience, "iat": now, "exp": now + life}
    header = {"alg": "Ed25519", "kid": key.kid}
    return jwt.encode(header, registered | claims, key, algorithms=["Ed25519"])
