"""别再提醒: no unsolicited messages to a person any more, and again (P22)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.store.delivery import AuditEntry
from bot.store.people import Person
from bot.store.unit import Unit

OFF: Final = "reminders.off"
ON: Final = "reminders.on"
SECOND: Final = timedelta(seconds=1)
"""Platforms tell whole seconds: what was said in the second of the other word may be the later one."""


@dataclass(frozen=True, slots=True)
class RemindersSet(Say):
    """What the bot will do from now on; the same words to everybody, known or not."""

    template: ClassVar[str] = "people/reminders"
    off: bool


async def set_reminders(unit: Unit, actor: Actor, *, off: bool) -> RemindersSet:
    """``别再提醒`` or ``恢复提醒``; saying it twice changes nothing. Of a stranger nothing is stored."""
    person = await unit.session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is not None and off and await _wanted_again(unit, person.id):
        return RemindersSet(person.reminders_off)
    if person is not None and person.reminders_off is not off:
        person.reminders_off = off
        await unit.session.flush()
        await unit.audit(actor, OFF if off else ON, subject_id=person.id)
    return RemindersSet(off)


async def _wanted_again(unit: Unit, person_id: int) -> bool:
    """Whether they asked for reminders again after they said these words, which a history tells only now."""
    if unit.said is None:
        return False
    since = select(AuditEntry.seq).where(
        AuditEntry.subject_id == person_id, AuditEntry.at > unit.moment + SECOND, AuditEntry.action == ON
    )
    return (await unit.session.execute(since.limit(1))).first() is not None
