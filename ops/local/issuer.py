"""The local token issuer: signed tokens for people and programs, refused outside local mode."""

import time
import uuid
from pathlib import Path

from joserfc import jwt

from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local import keys

NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:rapport:org")
DEFAULT_LIFE = 12 * 3600
"""Seconds."""


def organisation(name: str) -> uuid.UUID:
    """A UUID as it stands; any other name stands for the same UUID every time."""
    try:
        return uuid.UUID(name)
    except ValueError:
        return uuid.uuid5(NAMES, name)


def token(settings: Settings, org: str, role: str, subject: str = "local", life: int = DEFAULT_LIFE) -> str:
    """A token for `role` in `org`, valid for `life` seconds."""
    if settings.mode != "local":
        raise CannotRun(
            "tokens are made here in local mode only: ask the sign-in service of this installation."
        )
    return _signed(settings.keys, settings, str(organisation(org)), role, subject, life)


def _signed(folder: Path, settings: Settings, org: str, role: str, subject: str, life: int) -> str:
    key = keys.issuer(folder)
    now = int(time.time())
    claims = {"iss": settings.issuer, "aud": settings.audience, "sub": subject, "org": org, "role": role}
    header = {"alg": "Ed25519", "kid": key.kid}
    return jwt.encode(header, {**claims, "iat": now, "exp": now + life}, key, algorithms=["Ed25519"])
