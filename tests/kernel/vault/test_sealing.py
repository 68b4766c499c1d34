"""Sealing: only the right key opens a part, only in its own place, and only unchanged."""

import os
from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from kernel.vault.digests import digest, organisation_key
from kernel.vault.sealing import CannotOpen, Key, binding, open_sealed, seal

KEY = Key(uuid4(), 1, AESGCM(os.urandom(32)))
EVENT, STREAM = uuid4(), uuid4()
PLACE = binding(EVENT, STREAM, 3, "crm.contacts.NameCorrected")
BLOB = seal(KEY, b'{"name":"Anna"}', PLACE)


@given(st.binary(max_size=500))
def test_what_was_sealed_is_opened_in_its_place(plain: bytes):
    blob = seal(KEY, plain, PLACE)
    assert open_sealed(KEY, blob, PLACE) == plain
    assert len(plain) < 4 or plain not in blob


@pytest.mark.parametrize(
    "place",
    [
        binding(uuid4(), STREAM, 3, "crm.contacts.NameCorrected"),
        binding(EVENT, uuid4(), 3, "crm.contacts.NameCorrected"),
        binding(EVENT, STREAM, 4, "crm.contacts.NameCorrected"),
        binding(EVENT, STREAM, 3, "crm.contacts.ContactRegistered"),
    ],
    ids=["another event", "another stream", "another version", "another type"],
)
def test_a_part_moved_elsewhere_does_not_open(place: bytes):
    with pytest.raises(CannotOpen):
        open_sealed(KEY, BLOB, place)


@given(st.integers(0, len(BLOB) * 8 - 1))
def test_one_changed_bit_anywhere_does_not_open(bit: int):
    changed = bytearray(BLOB)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        open_sealed(KEY, bytes(changed), PLACE)


@given(st.binary(max_size=60))
def test_rubbish_does_not_open(rubbish: bytes):
    with pytest.raises(CannotOpen):
        open_sealed(KEY, rubbish, PLACE)


def test_another_persons_key_does_not_open():
    with pytest.raises(CannotOpen):
        open_sealed(Key(uuid4(), 1, AESGCM(os.urandom(32))), BLOB, PLACE)
    with pytest.raises(CannotOpen):
        open_sealed(replace(KEY, cipher=AESGCM(os.urandom(32))), BLOB, PLACE)


def test_a_key_does_not_show_itself():
    assert "cipher" not in repr(KEY)


def test_digests_differ_by_organisation_kind_and_secret():
    secret, org_id = os.urandom(32), uuid4()
    one = digest(secret, org_id, "email", "anna@example.org")
    assert one == digest(secret, org_id, "email", b"anna@example.org")
    assert len(one) == 16
    others = [
        digest(secret, uuid4(), "email", "anna@example.org"),
        digest(secret, org_id, "device", "anna@example.org"),
        digest(os.urandom(32), org_id, "email", "anna@example.org"),
        digest(secret, org_id, "emai", "l\0anna@example.org"),
    ]
    assert len({one, *others}) == 5


def test_each_organisation_has_a_key_of_its_own():
    secret = os.urandom(32)
    blob = seal(organisation_key(secret, 1, STREAM), b"no", PLACE)
    assert open_sealed(organisation_key(secret, 1, STREAM), blob, PLACE) == b"no"
    with pytest.raises(CannotOpen):
        open_sealed(organisation_key(secret, 1, EVENT), blob, PLACE)
