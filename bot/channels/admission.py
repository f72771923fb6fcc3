"""Which bot ids the door serves: those configured, or else the first that connects, kept from then on."""

from collections.abc import Collection

from sqlalchemy import select

from bot.store.delivery import Setting
from bot.store.dialect import insert_ignore
from bot.store.store import Store

FIRST_BOT = "onebot.first_self_id"


class StoredAdmission:
    """The admission rule of commands.md, kept in the table ``settings``."""

    def __init__(self, store: Store, configured: Collection[str]) -> None:
        self._store = store
        self._known: frozenset[str] = frozenset(configured)

    async def admits(self, self_id: str) -> bool:
        """Whether a gateway may speak for ``self_id``; called after its token was proven."""
        if not self._known:
            async with self._store.unit() as unit:
                await unit.session.execute(
                    insert_ignore(unit.session, Setting).values(name=FIRST_BOT, value=self_id, at=unit.now)
                )
                found = await unit.session.execute(select(Setting.value).where(Setting.name == FIRST_BOT))
                self._known = frozenset({found.scalar_one()})
        return self_id in self._known
