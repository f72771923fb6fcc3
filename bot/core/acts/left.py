"""退出 with 留着: at most 90 days after the last contact and the last open thing; a word a week before (P7, P20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.erase import erase_person
from bot.core.feature import Look, features
from bot.core.reads.questions import WAITING
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Lost, Say
from bot.core.tables import Crisis
from bot.store.chat import Contact
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import Person, RoleGrant
from bot.store.unit import Unit

WORD_BEFORE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DataGoSoon(Say):
    """To somebody who left and let their data be kept: on that day they go; how to come back, or to take them along."""

    template: ClassVar[str] = "leave/going"
    lost: ClassVar[Lost] = Lost.MISSED
    on: date


async def people_to_forget(session: AsyncSession, look: Look) -> Sequence[int]:
    """Who left so long ago that they hear of it, or that their data go."""
    before = look.now - look.installation.of(RetentionPeriods).left + WORD_BEFORE
    rows = await session.execute(select(Person.id).where(*_gone(before)).order_by(Person.id).limit(look.limit))
    return rows.scalars().all()


async def forget_who_left(unit: Unit, person_id: int, look: Look) -> bool:
    """Tell them a week before; then erase, as 确认删除 does."""
    kept = look.installation.of(RetentionPeriods).left
    if not await _is_gone(unit, person_id, unit.now - kept + WORD_BEFORE):
        return False
    last = await unit.session.scalar(select(func.max(Contact.ended_at)).where(Contact.youth_id == person_id))
    key = "left:" + unit.vault.mac("dedup", "left", person_id, str(last)).hex()
    told = await unit.session.scalar(select(OutboxMessage.created_at).where(OutboxMessage.idem_key == key))
    if told is None and await unit.account_of(person_id) is not None:
        on = unit.now + WORD_BEFORE
        return await unit.push_person(person_id, DataGoSoon(on.date()), idem_key=key, cls="L")
    if told is not None and unit.now - told < WORD_BEFORE:
        return False
    if not await _is_gone(unit, person_id, unit.now - kept):
        return False
    await erase_person(unit, person_id, actor=None, role="system")
    return True


async def _is_gone(unit: Unit, person_id: int, before: datetime) -> bool:
    found = await unit.session.execute(select(Person.id).where(Person.id == person_id, *_gone(before)))
    return found.first() is not None


def _gone(before: datetime) -> list[ColumnElement[bool]]:
    """Somebody who has been in no contact since then, holds no office, and of whom nothing is or was open since."""
    mine = Contact.youth_id == Person.id
    lately = or_(Contact.ended_at.is_(None), Contact.ended_at > before, Contact.last_contact_at > before)
    crisis = or_(Crisis.closed_at.is_(None), Crisis.closed_at > before)
    lingering: list[ColumnElement[bool]] = [one(Person.id, before) for feature in features() for one in feature.lingers]
    return [
        Person.state == "active",
        Person.is_youth.is_(False),
        exists().where(mine, Contact.ended_why == "left"),
        ~exists().where(mine, lately),
        ~exists().where(RoleGrant.person_id == Person.id),
        ~exists().where(Prompt.person_id == Person.id, WAITING),
        ~exists().where(Crisis.person_id == Person.id, crisis),
        *(~one for one in lingering),
    ]
