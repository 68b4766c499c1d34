"""The token issuer's public keys, from a file or an https address, read again when they may have changed."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import orjson
from joserfc.jwk import Key, KeySet

log = logging.getLogger(__name__)

REREAD_AFTER = 300.0
"""Seconds after which known keys are read again, so that a withdrawn key stops being believed."""
REREAD_UNKNOWN_AFTER = 5.0
"""Seconds between two readings for the sake of an unknown key id, so that forged ones cost nothing."""
FETCH_TIMEOUT = 5.0


class KeyRing:
    """The keys by their ids. `age` counts changes: when it moves, verified tokens are forgotten."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._keys: dict[str, Key] = {}
        self._text = b""
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self.age = 0

    async def key(self, key_id: object) -> Key:
        """The key of that id; LookupError where there is none."""
        if key_id in self._keys:
            await self.refresh()
        elif self._older_than(REREAD_UNKNOWN_AFTER):
            await self._reread()
        return self._keys[str(key_id)]

    async def refresh(self) -> None:
        """Reads the keys again if they are old; one caller waits for that, the others use the known ones."""
        if self._older_than(REREAD_AFTER) and not self._reading.locked():
            await self._reread()

    def _older_than(self, seconds: float) -> bool:
        return time.monotonic() - self._read_at > seconds

    async def _reread(self) -> None:
        asked_at = time.monotonic()
        async with self._reading:
            if self._read_at > asked_at:
                return
            try:
                self._take(await self._read())
            except (OSError, ValueError, LookupError) as error:
                log.warning("the issuer's keys cannot be read", exc_info=error)
            finally:
                self._read_at = time.monotonic()

    async def _read(self) -> bytes:
        if not self._place.startswith("https://"):
            return await asyncio.to_thread(Path(self._place).read_bytes)
        import httpx  # with its own command line it is larger than everything else here

        try:
            async with httpx.AsyncClient(timeout=FETCH_TIMEOUT) as client:
                answer = await client.get(self._place)
                answer.raise_for_status()
                return answer.content
        except httpx.HTTPError as error:
            raise OSError(f"no keys from {self._place}") from error

    def _take(self, text: bytes) -> None:
        if text == self._text:
            return
        keys = KeySet.import_key_set(orjson.loads(text)).keys
        self._keys = {str(key.kid): key for key in keys if key.kid and key.key_type == "OKP"}
        self._text = text
        self.age += 1
