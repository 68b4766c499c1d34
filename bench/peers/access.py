"""The token check of the peers: ours, with its cache, so that it costs them no more than us."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, HTTPException

from kernel.settings import load
from kernel.web.access import Caller
from kernel.web.jwks import KeyRing
from kernel.web.problems import Problem
from kernel.web.tokens import Verifier

_SETTINGS = load()
_VERIFIER = Verifier(KeyRing(_SETTINGS.jwks), _SETTINGS.issuer, _SETTINGS.audience)


async def _caller(authorization: Annotated[str, Header()]) -> Caller:
    try:
        return await _VERIFIER.caller(authorization.encode("ascii"))
    except Problem as problem:
        raise HTTPException(problem.status) from problem


SignedIn = Annotated[Caller, Depends(_caller)]
"""A parameter of an endpoint: the verified caller."""
