"""What an archive holds, file by file: `manifest.json`, written last; without it there is no archive."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from kernel.archive.format.files import Unfit, put, words

FORMAT: Final = 1
NAME: Final = "manifest.json"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A Parquet file of the archive, by its path in the folder."""

    file: str
    rows: int
    bytes: int
    sha256: str


class Part(File, frozen=True, kw_only=True):
    """Consecutive events of one partition."""

    partition: int
    first: int
    last: int
    last_id: str
    """The id of the event at `last`."""


class Log(msgspec.Struct, frozen=True):
    """One service's: the parts of each partition ascending, and what the store keeps beside its events."""

    parts: tuple[Part, ...] = ()
    tables: dict[str, File] = {}

    @property
    def ends(self) -> dict[int, Part]:
        """By partition the part with its last event; a partition without events has none."""
        return {part.partition: part for part in self.parts}

    def of(self, partition: int) -> list[Part]:
        """The partition's parts, ascending."""
        return [part for part in self.parts if part.partition == partition]

    @property
    def events(self) -> int:
        return sum(part.rows for part in self.parts)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of an archive."""

    format: int = FORMAT
    number: int
    """How many exports it took."""
    keys: dict[str, str]
    """Fingerprints of the key files without which digests and sealed values mean nothing."""
    services: dict[str, Log]
    vault: File | None = None
    """Persons' wrapped keys, where the archive was made with them."""

    def files(self) -> Iterator[File]:
        """Every file."""
        for log in self.services.values():
            yield from (*log.parts, *log.tables.values())
        if self.vault is not None:
            yield self.vault


class _Sealed(msgspec.Struct, frozen=True):
    sha256: str
    manifest: msgspec.Raw


def write(folder: Path, manifest: Manifest) -> None:
    """Makes the folder an archive of exactly this, at once."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    sealed = b'{"sha256":"%s","manifest":%s}\n' % (sha256(body).hexdigest().encode(), body)
    put(folder / NAME, sealed)


def read(folder: Path) -> Manifest:
    """What the archive holds; raises Unfit where it is none, or not whole."""
    place = folder / NAME
    if not place.is_file():
        raise Unfit(f"{folder} is no archive: it has no {NAME}.")
    try:
        sealed = msgspec.json.decode(place.read_bytes(), type=_Sealed)
        if sha256(bytes(sealed.manifest)).hexdigest() != sealed.sha256:
            raise Unfit(f"{place} was altered: it has another checksum than it says.")
        version = msgspec.json.decode(sealed.manifest, type=_Format).format
        if version != FORMAT:
            raise Unfit(f"{place} is of format {version}; this program reads format {FORMAT}.")
        return msgspec.json.decode(sealed.manifest, type=Manifest)
    except msgspec.MsgspecError as error:
        raise Unfit(f"{place} cannot be read: {words(error)}") from error


class _Format(msgspec.Struct):
    format: int
