"""The words of a reminder: checked, and sealed under its own key."""

from bot.core.rules.checked import Forbidden, checked
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.features.reminder.reads.reminder import words_place
from bot.features.reminder.rules.reminder import MAX_WORDS, ReminderPrivate, ReminderSecret, ReminderTooLong
from bot.features.reminder.tables import Reminder
from bot.store.unit import Unit


def checked_words(words: str, *, for_group: bool) -> str:
    """One line; refuses ``reminder.too_long``, ``reminder.secret`` and, for a group, ``reminder.private``.

    A meeting point may be an address; other private details belong in no group.
    """
    forbid: Forbidden = {secrecy_marking: ReminderSecret}
    told = checked(" ".join(words.split()), most=(MAX_WORDS, ReminderTooLong), forbid=forbid)
    if for_group and set(private_details(told)) - {"address"}:
        raise ReminderPrivate
    return told


async def write_words(unit: Unit, reminder: Reminder, words: str) -> None:
    """Seal them into the row."""
    reminder.words = await unit.seal(reminder.key_id, words_place(reminder.id), words)
