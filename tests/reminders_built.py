"""Builders for tests of reminders."""

from bot.core.rules.people import Actor
from bot.core.rules.workdays import Workdays
from bot.features.reminder.acts.make import ReminderSet, set_reminder
from bot.store.chat import Chat
from bot.store.store import Store


async def make_reminder(store: Store, owner: Actor, chat: Chat | None, text: str = "每天20:00 看团课") -> int:
    """A reminder for a group, or for its owner alone; its number."""
    async with store.unit() as unit:
        there = await unit.session.get(Chat, chat.id) if chat is not None else None
        said = await set_reminder(unit, owner, text, there, Workdays(), private=chat is None)
        assert isinstance(said, ReminderSet)
        return said.line.ref
