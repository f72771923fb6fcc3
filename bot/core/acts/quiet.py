"""别再提醒: no unsolicited messages to a person any more, and again (P22)."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RemindersSet(Say):
    """What the bot will do from now on; the same words to everybody, known or not."""

    template: ClassVar[str] = "people/reminders"
    off: bool


async def set_reminders(unit: Unit, actor: Actor, *, off: bool) -> RemindersSet:
    """``别再提醒`` or ``恢复提醒``; saying it twice changes nothing. Of a stranger nothing is stored."""
    person = await unit.session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is not None and person.reminders_off is not off:
        person.reminders_off = off
        await unit.session.flush()
        await unit.audit(actor, "reminders.off" if off else "reminders.on", subject_id=person.id)
    return RemindersSet(off)
