"""The secrets of a local stack: the vault's keys, and the issuer's signing key."""

import json
from pathlib import Path

from joserfc.jwk import OKPKey

from kernel.vault.keys import make_keys
from ops.local.files import write_whole

ISSUER = "issuer.jwk"


def make(keys: Path, jwks: Path) -> None:
    """Makes what is missing: the vault's keys, an Ed25519 key and its JWKS."""
    make_keys(keys)
    if not (keys / ISSUER).exists():
        write_whole(keys / ISSUER, json.dumps(_signing_key().as_dict(private=True)))
    public = issuer(keys).as_dict(private=False)
    write_whole(jwks, json.dumps({"keys": [public]}), mode=0o644)


def _signing_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"alg": "Ed25519", "use": "sig"}, auto_kid=True)


def issuer(keys: Path) -> OKPKey:
    """The issuer's private key."""
    return OKPKey.import_key(json.loads((keys / ISSUER).read_text()))
