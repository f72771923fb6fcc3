"""Content of one-time downloads, for the sender and the HTTP door."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.consent import Download
from bot.store.sealing import Vault, key_of


async def download_content(session: AsyncSession, vault: Vault, download_id: int) -> bytes | None:
    """The sealed content of a download, opened; None when it is gone or expired with its key."""
    found = await session.execute(select(Download.content).where(Download.id == download_id))
    sealed = found.scalar_one_or_none()
    if sealed is None:
        return None
    await vault.ready(session, key_of(sealed))
    return vault.open_bytes(f"downloads:{download_id}:content", sealed)
