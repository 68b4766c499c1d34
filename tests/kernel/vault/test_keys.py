"""The key files: made once, whole, and for their owner's eyes."""

from pathlib import Path

import pytest

from kernel.vault.keys import SIZES, KeysMissing, digest_key, make_keys, wrapping_keys


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path):
    folder = tmp_path / "keys"
    make_keys(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    make_keys(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {name: len(key) for name, key in before.items()} == SIZES
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_missing_or_cut_key_is_named(tmp_path: Path):
    make_keys(tmp_path)
    (tmp_path / "digest.key").write_bytes(b"short")
    with pytest.raises(KeysMissing, match="5 bytes"):
        digest_key(tmp_path)
    (tmp_path / "wrapping.1.key").unlink()
    with pytest.raises(KeysMissing, match="epoch 1"):
        wrapping_keys(tmp_path)
