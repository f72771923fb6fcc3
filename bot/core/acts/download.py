"""待取的文件: sealed under its owner's key, sent by a channel or taken once by a link, gone in 15 minutes (P7)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.tables import Download
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.sealing import Vault, key_of
from bot.store.unit import Unit

DOWNLOAD_LIFE: Final = timedelta(minutes=15)
"""How long a link opens (commands.md: 导出我的数据)."""
DOWNLOAD: Final = "core.download"
"""What a file and a link are about (``Standing``): the download, as long as it can be fetched."""
NIGHT: Final = timedelta(hours=11)
"""A file that a channel takes in the morning is kept no longer than this."""
NO_LINK: Final = 16
"""Bytes in place of a token's hash, which has more, where there is no link: nothing has such a hash."""
HAS_LINK: Final = func.length(Download.token_hash) > NO_LINK
TOKEN_BYTES: Final = 32
MAX_TOKEN: Final = 64
"""Characters of a token that are looked at; ours have 43."""


@dataclass(frozen=True, slots=True)
class NewDownload:
    """A file on its way into a row: sealed already, with the token that nobody can read back from the database."""

    id: int
    token: str = field(repr=False)
    person_id: int
    sealed: bytes = field(repr=False)


def token_hash(vault: Vault, token: str) -> bytes:
    """What is kept of a token."""
    return vault.mac("codes", "download", token)


async def seal_download(session: AsyncSession, vault: Vault, person: Person, content: bytes) -> NewDownload:
    """Seal ``content`` under its owner's data key, so that erasing them reaches every back-up of it too."""
    row_id = new_id()
    await vault.ready(session, person.key_id)
    sealed = vault.seal(person.key_id, f"downloads:{row_id}:content", content)
    return NewDownload(row_id, secrets.token_urlsafe(TOKEN_BYTES), person.id, sealed)


async def keep_download(unit: Unit, made: NewDownload, *, until: datetime | None = None) -> None:
    """Keep it until it is fetched or its time is over.

    ``until``: a channel takes it until then, maybe in the morning; there is no link to it, so no token opens it.
    """
    unit.session.add(
        Download(
            id=made.id,
            person_id=made.person_id,
            token_hash=token_hash(unit.vault, made.token) if until is None else secrets.token_bytes(NO_LINK),
            content=made.sealed,
            expires_at=until or unit.now + DOWNLOAD_LIFE,
        )
    )
    await unit.session.flush()


async def download_waits(session: AsyncSession, vault: Vault, token: str, *, now: datetime) -> bool:
    """Whether a token would open something; looking changes nothing (link previews look)."""
    if len(token) > MAX_TOKEN:
        return False
    found = await session.execute(
        select(Download.id).where(Download.token_hash == token_hash(vault, token), Download.expires_at > now)
    )
    return found.scalar_one_or_none() is not None


async def can_be_fetched(session: AsyncSession, download_id: int, now: datetime) -> bool:
    """Whether a link that goes out now, or once more, still opens something."""
    there = select(Download.id).where(Download.id == download_id, Download.expires_at > now)
    return (await session.execute(there)).first() is not None


async def take_download(unit: Unit, token: str) -> tuple[int, bytes] | None:
    """Owner and content, once: the row is deleted in this transaction. None for a wrong, used or expired token."""
    if len(token) > MAX_TOKEN:
        return None
    taken = await unit.session.execute(
        delete(Download)
        .where(Download.token_hash == token_hash(unit.vault, token), Download.expires_at > unit.now)
        .returning(Download.id, Download.person_id, Download.content)
        .execution_options(synchronize_session=False)
    )
    row = taken.one_or_none()
    if row is None:
        return None
    await unit.vault.ready(unit.session, key_of(row.content))
    content = unit.vault.open_bytes(f"downloads:{row.id}:content", row.content)
    unit.erased = True  # a copy of personal data was deleted: nothing of it may stay in the WAL
    return None if content is None else (row.person_id, content)


async def download_content(session: AsyncSession, vault: Vault, download_id: int) -> bytes | None:
    """The file as the sender hands it over; None when it is gone or its owner's key is."""
    row = (await session.execute(select(Download.id, Download.content).where(Download.id == download_id))).one_or_none()
    if row is None:
        return None
    await vault.ready(session, key_of(row.content))
    return vault.open_bytes(f"downloads:{row.id}:content", row.content)
