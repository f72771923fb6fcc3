"""暂不可读: the mark for a sealed value that cannot be opened, because it is damaged or its key is gone (13.4).

For what is shown, listed and exported. Whoever seals words anew, sends something to an address or compares words reads
through ``Vault.read``, which says None: the mark must never be taken for what somebody said.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.shipped import labels
from bot.store.sealing import Vault


def unreadable() -> str:
    """The mark itself."""
    return labels()["unreadable"]["text"]


async def shown(session: AsyncSession, vault: Vault, place: str, sealed: bytes | None) -> str:
    """The opened value as people read it: empty when there is none, the mark when it cannot be opened."""
    if not sealed:
        return ""
    words = await vault.read(session, place, sealed)
    return unreadable() if words is None else words
