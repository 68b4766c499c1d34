"""Only a token that the issuer signed, for here and for now, makes a caller."""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from kernel.web.access import Caller, Role, require
from kernel.web.jwks import REREAD_AFTER, KeyRing
from kernel.web.problems import Problem
from kernel.web.tokens import Verifier

ORG = uuid4()


def new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"alg": "EdDSA", "use": "sig"}, auto_kid=True)


KEY = new_key()


@pytest.fixture
def jwks(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    return path


@pytest.fixture
def verifier(jwks):
    return Verifier(KeyRing(str(jwks)), "rapport-local", "rapport")


def token(key: OKPKey = KEY, header: dict[str, object] | None = None, **changes: object) -> str:
    claims = {
        "iss": "rapport-local",
        "aud": "rapport",
        "sub": "anna",
        "org": str(ORG),
        "role": "agent",
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "EdDSA", "kid": key.kid} | (header or {}), claims, key, algorithms=["EdDSA"])


async def refused(verifier: Verifier, authorization: bytes | None) -> None:
    with pytest.raises(Problem) as refusal:
        await verifier.caller(authorization)
    assert refusal.value.status == 401
    assert dict(refusal.value.headers)[b"www-authenticate"].startswith(b"Bearer")


async def test_a_signed_token_makes_its_caller(verifier):
    expected = Caller(UUID(str(ORG)), "anna", Role.AGENT)
    for _ in range(2):  # the second from memory
        assert await verifier.caller(f"Bearer {token()}".encode()) == expected
    assert await verifier.caller(f"bearer  {token()}".encode()) == expected


async def test_only_a_customers_token_names_its_contact(verifier):
    for role, contact_id in (("customer", ORG), ("agent", None)):
        bearer = f"Bearer {token(role=role, contact=str(ORG))}".encode()
        assert (await verifier.caller(bearer)).contact_id == contact_id


def test_to_a_customer_only_its_own_is_there():
    own, other = uuid4(), uuid4()
    anna = Caller(ORG, "anna", Role.CUSTOMER, own)
    assert anna.owns([other, own])
    assert not anna.owns([other])
    assert not anna.owns([None])
    assert not Caller(ORG, "anna", Role.CUSTOMER).owns([None, own])
    assert Caller(ORG, "bert", Role.AGENT).owns([other])


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iss": "elsewhere"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"org": "no-uuid"},
        {"org": None},
        {"role": "king"},
        {"role": None},
        {"role": ["agent"]},
        {"role": "customer"},
        {"role": "customer", "contact": "anna"},
        {"role": "customer", "contact": None},
        {"role": "customer", "contact": [str(ORG)]},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "a\0b"},
        {"sub": "x" * 201},
        {"nbf": int(time.time()) + 600},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(verifier, changes):
    await refused(verifier, f"Bearer {token(**changes)}".encode())


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"",
        b"Bearer",
        b"Bearer ",
        b"Basic YTpi",
        b"Bearer x",
        b"Bearer a.b.c",
        b"Bearer \xff\xfe.\xff.x",
        b"Bearer " + b"a" * 10_000,
    ],
)
async def test_what_is_no_token_is_refused(verifier, authorization):
    await refused(verifier, authorization)


async def test_another_issuers_key_is_refused(verifier):
    await refused(verifier, f"Bearer {token(new_key())}".encode())
    await refused(verifier, f"Bearer {token(new_key(), {'kid': KEY.kid})}".encode())


async def test_the_public_key_is_no_shared_secret(verifier):
    """The classic confusion: a token signed by HMAC with the public key as its secret."""
    public = OctKey.import_key(urlsafe_b64decode(str(KEY.as_dict(private=False)["x"]) + "="))
    claims = {"iss": "rapport-local", "aud": "rapport", "sub": "eve", "org": str(ORG), "role": "operator"}
    for algorithm in ("HS256", "HS512"):
        forged = jwt.encode(
            {"alg": algorithm, "kid": KEY.kid},
            {**claims, "exp": int(time.time()) + 60},
            public,
            algorithms=[algorithm],
        )
        await refused(verifier, f"Bearer {forged}".encode())


async def test_an_unsigned_token_is_refused(verifier):
    head, body, _ = token(header={}).split(".")
    await refused(verifier, f"Bearer {head}.{body}.".encode())
    none = "eyJhbGciOiJub25lIn0"
    await refused(verifier, f"Bearer {none}.{body}.".encode())


async def test_a_remembered_token_is_refused_once_it_expires(verifier, monkeypatch):
    bearer = f"Bearer {token()}".encode()
    await verifier.caller(bearer)
    later = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: later)
    await refused(verifier, bearer)


async def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(verifier, jwks, monkeypatch):
    bearer = f"Bearer {token()}".encode()
    await verifier.caller(bearer)
    other = new_key()
    jwks.write_text(json.dumps({"keys": [other.as_dict(private=False)]}))
    later = time.monotonic() + 10
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert (await verifier.caller(f"Bearer {token(other)}".encode())).subject == "anna"
    await refused(verifier, bearer)


async def test_a_remembered_token_outlives_its_withdrawn_key_by_no_more_than_the_keys_age(
    verifier, jwks, monkeypatch
):
    bearer = f"Bearer {token()}".encode()
    await verifier.caller(bearer)
    jwks.write_text(json.dumps({"keys": [new_key().as_dict(private=False)]}))
    assert await verifier.caller(bearer)
    later = time.monotonic() + REREAD_AFTER + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    await refused(verifier, bearer)


async def test_while_one_waits_for_an_issuer_that_hangs_the_others_go_on(verifier, monkeypatch):
    bearer = f"Bearer {token()}".encode()
    await verifier.caller(bearer)
    later, hangs = time.monotonic() + REREAD_AFTER + 1, asyncio.Event()
    monkeypatch.setattr(time, "monotonic", lambda: later)
    monkeypatch.setattr(verifier._keys, "_read", hangs.wait)
    async with asyncio.TaskGroup() as asking:
        bearers = (bearer, bearer, f"Bearer {token(sub='bea')}".encode())
        tasks = [asking.create_task(verifier.caller(each)) for each in bearers]
        await asyncio.sleep(0)
        done = [task.done() for task in tasks]
        for task in tasks:
            task.cancel()
    assert done == [False, True, True]


async def test_unreadable_keys_leave_the_known_ones_in_force(verifier, jwks, monkeypatch):
    await verifier.caller(f"Bearer {token()}".encode())
    jwks.unlink()
    later = time.monotonic() + 1000
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert await verifier.caller(f"Bearer {token(sub='bea')}".encode())


async def test_without_any_keys_every_token_is_refused(tmp_path):
    await refused(
        Verifier(KeyRing(str(tmp_path / "none")), "rapport-local", "rapport"), f"Bearer {token()}".encode()
    )


def test_a_role_that_is_not_named_is_forbidden():
    with pytest.raises(Problem) as refusal:
        require(Caller(ORG, "anna", Role.AGENT), frozenset({Role.OPERATOR}))
    assert refusal.value.status == 403
