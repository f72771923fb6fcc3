"""最近联系: a cadre and a youth have been in contact (6.1)."""

from datetime import datetime

from sqlalchemy import ColumnElement

from bot.store.chat import Contact
from bot.store.unit import Unit


async def touch(unit: Unit, *who: ColumnElement[bool], at: datetime | None = None) -> None:
    """Note it on their living contacts, unless a later time stands there. Only that it was; nothing ranks anybody."""
    now = at or unit.now
    await unit.swap(Contact, *who, Contact.ended_at.is_(None), Contact.last_contact_at < now, last_contact_at=now)
