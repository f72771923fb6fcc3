"""Sealing at rest (P17): AES-256-GCM, one data key per owner, wrapped by a versioned master key outside the database.

A sealed value is ``0x02 | key id (8) | nonce (12) | ciphertext``; the associated data is the first byte and
``table:row:column``, so a value moved elsewhere does not open. Random 96-bit nonces. What is sealed is filled up to one
of a few sizes first, so that a length tells nothing of the words; ``0x01``, which earlier releases wrote, was not.
Look-ups by a platform's id go through a keyed blind index.
"""

import base64
import hmac
import os
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from loguru import logger
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.store.base import new_id
from bot.store.delivery import DataKey

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
UNPADDED: Final = b"\x01"
FORMAT: Final = b"\x02"
SIZES: Final = (128, 512, 2_048, 8_192, 32_768, 131_072, 524_288, 2_097_152)
"""To which a text is filled up; what is larger, a file, to a multiple of the last."""
END: Final = b"\x80"
"""Between a text and what fills it up."""
MOST_ID: Final = 2**63 - 1
HEADER_BYTES: Final = 1 + 8 + NONCE_BYTES
CACHED_KEYS: Final = 50_000
"""Unwrapped data keys held in memory; one is 32 bytes."""

PURPOSES: Final = ("index", "dedup", "audit", "codes", "system", "blocks")
"""Keys of the installation: blind index, event keys, audit chain, bind codes and links, text without an owner, and
who may not open an anonymous relay to whom.
"""


KEYS_LOCK: Final = 0x5A48_4B45
"""Advisory lock on PostgreSQL while the keys of the installation are made or the master key changes."""


class SealingError(Exception):
    """A master key is missing, malformed or not the one that wrapped the data keys."""


class MasterKeys:
    """Versioned master keys: the highest version wraps, the others still open (rotation)."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys or any(len(k) != KEY_BYTES for k in keys.values()):
            raise SealingError("a master key has 32 bytes")
        self._keys = dict(keys)
        self.current = max(keys)

    @classmethod
    def parse(cls, text: str) -> "MasterKeys":
        """Read ``1:<base64>,2:<base64>`` as in ``ZHIXIN_MASTER_KEYS``."""
        keys: dict[int, bytes] = {}
        for part in text.replace("\n", ",").split(","):
            if not part.strip():
                continue
            version, _, value = part.strip().partition(":")
            try:
                keys[int(version)] = base64.b64decode(value, validate=True)
            except ValueError:  # its own words would quote the key
                raise SealingError("master keys are written 1:<base64 of 32 bytes>, separated by commas") from None
        return cls(keys)

    @classmethod
    def generate(cls) -> "MasterKeys":
        """One fresh key, version 1."""
        return cls({1: secrets.token_bytes(KEY_BYTES)})

    @classmethod
    def from_file(cls, path: Path) -> "MasterKeys":
        """Read the key file, or make it with mode 0600 (``keyfile`` says when it may be made)."""
        if not path.exists():
            made = cls.generate()
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(made.dump() + "\n")
                file.flush()
                os.fsync(file.fileno())
            return made
        if path.stat().st_mode & 0o077:
            raise SealingError(f"{path.name} must be readable for its owner only (chmod 600)")
        return cls.parse(path.read_text(encoding="ascii"))

    def dump(self) -> str:
        """The form that ``parse`` reads."""
        return ",".join(f"{v}:{base64.b64encode(k).decode()}" for v, k in sorted(self._keys.items()))

    def with_next(self) -> "MasterKeys":
        """The same keys and a fresh one with the next version."""
        return MasterKeys({**self._keys, self.current + 1: secrets.token_bytes(KEY_BYTES)})

    def wrap(self, key_id: int, key: bytes) -> tuple[int, bytes]:
        """Wrap a data key; returns the master's version and the wrapped bytes."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        aad = f"data_keys:{key_id}:{self.current}".encode()
        return self.current, nonce + AESGCM(self._keys[self.current]).encrypt(nonce, key, aad)

    def unwrap(self, key_id: int, version: int, wrapped: bytes) -> bytes:
        """Open a wrapped data key; ``SealingError`` when its master key is not here or not the right one."""
        master = self._keys.get(version)
        if master is None:
            raise SealingError(f"master key version {version} is missing")
        aad = f"data_keys:{key_id}:{version}".encode()
        try:
            return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except InvalidTag as error:
            raise SealingError(f"master key version {version} does not open this database") from error


class Vault:
    """Seals and opens values, and computes blind indexes. Holds unwrapped data keys in a bounded cache."""

    def __init__(self, masters: MasterKeys) -> None:
        self.masters = masters
        self._cache: OrderedDict[int, AESGCM] = OrderedDict()
        self._destroyed: set[int] = set()
        self._purpose_ids: dict[str, int] = {}
        self._purpose_keys: dict[str, bytes] = {}

    async def load(self, connection: AsyncConnection) -> None:
        """Load the keys of the installation, making those that do not exist yet."""
        if connection.dialect.name == "postgresql":  # two nodes that start on an empty database make one set of keys
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": KEYS_LOCK})
        owners = [f"purpose:{p}" for p in PURPOSES]
        rows = (await connection.execute(select(DataKey.__table__).where(DataKey.owner.in_(owners)))).all()
        found = {row.owner: row for row in rows}
        for purpose, owner in zip(PURPOSES, owners, strict=True):
            row = found.get(owner)
            if row is None:
                key_id, key, values = self.make_key(owner)
                await connection.execute(insert(DataKey).values(**values))
            else:
                key_id, key = row.id, self.masters.unwrap(row.id, row.master_version, row.wrapped)
                self._remember(key_id, key)
            self._purpose_ids[purpose], self._purpose_keys[purpose] = key_id, key

    def make_key(self, owner: str) -> tuple[int, bytes, dict[str, object]]:
        """A fresh data key: its id, its bytes and the row to insert."""
        key_id, key = new_id(), secrets.token_bytes(KEY_BYTES)
        version, wrapped = self.masters.wrap(key_id, key)
        self._remember(key_id, key)
        return key_id, key, {"id": key_id, "owner": owner, "master_version": version, "wrapped": wrapped}

    async def new_key(self, session: AsyncSession, owner: str) -> int:
        """Make and store a data key for ``person:<id>``, ``org:<id>`` or ``talk:<id>``; returns its id."""
        key_id, _, values = self.make_key(owner)
        await session.execute(insert(DataKey).values(**values))
        return key_id

    @property
    def system_key_id(self) -> int:
        """The key for text that belongs to no person and no organisation."""
        return self._purpose_ids["system"]

    async def ready(self, session: AsyncSession, *key_ids: int) -> None:
        """Bring these data keys into memory, so that ``seal`` and ``open`` can use them; unknown ones stay missing."""
        missing = [k for k in set(key_ids) if k not in self._cache]
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            rows = (await session.execute(select(DataKey.__table__).where(DataKey.id.in_(part)))).all()
            for row in rows:
                try:
                    self._remember(row.id, self.masters.unwrap(row.id, row.master_version, row.wrapped))
                except SealingError:  # what it sealed reads as 暂不可读; everything else goes on
                    logger.error("data key {} cannot be unwrapped", row.id)

    def forget(self, key_id: int) -> None:
        """Drop a key from memory; it is fetched again when it is needed."""
        self._cache.pop(key_id, None)

    def destroy(self, key_id: int) -> None:
        """Drop a key for good: its row is gone, and nobody with an older view of the database brings it back."""
        self._destroyed.add(key_id)
        self.forget(key_id)

    def under(self, key_id: int) -> int:
        """This key if it is ready; the system's if it is lost, so that a message to its owner still goes out.

        What was destroyed stays destroyed: nothing is sealed for somebody who was erased.
        """
        return key_id if key_id in self._cache or key_id in self._destroyed else self.system_key_id

    def seal(self, key_id: int, place: str, text: str | bytes, *, least: int = 0) -> bytes:
        """Seal ``text`` under a key that is ready; ``place`` is ``table:row:column``.

        ``least``: as if it had at least so many bytes, where even a size could tell one from another.
        """
        key_id, nonce = self.under(key_id), secrets.token_bytes(NONCE_BYTES)
        data = filled_up(text.encode() if isinstance(text, str) else text, least)
        sealed = self._key(key_id).encrypt(nonce, data, FORMAT + place.encode())
        return FORMAT + key_id.to_bytes(8, "big") + nonce + sealed

    def open_bytes(self, place: str, sealed: bytes) -> bytes | None:
        """Open a sealed value; None (暂不可读) when its key is gone, or it was changed or moved, which the log tells.

        One value that does not open stops nothing else.
        """
        key_id = key_of(sealed)
        if key_id not in self._cache:
            return None
        nonce, old = sealed[9:HEADER_BYTES], sealed[:1] == UNPADDED
        try:
            data = self._key(key_id).decrypt(nonce, sealed[HEADER_BYTES:], (b"" if old else FORMAT) + place.encode())
        except (InvalidTag, ValueError):
            logger.error("a sealed value was changed or moved: {}", place)
            return None
        return data if old else data[: data.rfind(END)]

    def open(self, place: str, sealed: bytes) -> str | None:
        """Open a sealed text; None when it cannot be opened."""
        data = self.open_bytes(place, sealed)
        return None if data is None else data.decode()

    async def read(self, session: AsyncSession, place: str, sealed: bytes | None) -> str | None:
        """Bring the key and open in one go; for single values."""
        if sealed is None:
            return None
        await self.ready(session, key_of(sealed))
        return self.open(place, sealed)

    def mac(self, purpose: str, *parts: str | bytes | int) -> bytes:
        """HMAC-SHA-256 over parts with unambiguous borders; ``index`` makes blind indexes, ``dedup`` event keys."""
        framed = bytearray()
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            framed += len(data).to_bytes(8, "big")
            framed += data
        return hmac.digest(self._purpose_keys[purpose], framed, "sha256")

    def _key(self, key_id: int) -> AESGCM:
        key = self._cache[key_id]
        self._cache.move_to_end(key_id)
        return key

    def _remember(self, key_id: int, key: bytes) -> None:
        if key_id in self._destroyed:
            return
        self._cache[key_id] = AESGCM(key)
        self._cache.move_to_end(key_id)
        if len(self._cache) <= CACHED_KEYS:
            return
        keep = set(self._purpose_ids.values())
        for old in self._cache:
            if old not in keep and old != key_id:
                del self._cache[old]
                return


def filled_up(data: bytes, least: int = 0) -> bytes:
    """A text and what hides its length."""
    needed = max(len(data) + len(END), least)
    size = next((size for size in SIZES if needed <= size), -(-needed // SIZES[-1]) * SIZES[-1])
    return (data + END).ljust(size, b"\0")


def key_of(sealed: bytes | None) -> int:
    """The id of the data key that sealed this value; 0, which no key has, when it is no sealed value."""
    if not isinstance(sealed, bytes) or sealed[:1] not in (UNPADDED, FORMAT) or len(sealed) < HEADER_BYTES:
        return 0
    found = int.from_bytes(sealed[1:9], "big")
    return found if found <= MOST_ID else 0
