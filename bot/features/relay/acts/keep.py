"""找人聊聊: whether a youth wants it kept that the two have talked once; never a word of it (P1, S1.3)."""

from typing import Any

from bot.core.question import Asked
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.relay.acts.talking_results import RelayKept
from bot.features.talk.acts.answer_note import NoteSettled, record_talk, still_possible
from bot.features.talk.rules.talk import Kept
from bot.store.refs import new_ref
from bot.store.unit import Unit


async def answer_keep(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say:
    """① nothing; ② a talk held elsewhere of which only that it took place is kept. The cadre hears only of ②."""
    if answer != "once" or not await still_possible(unit, question):
        return RelayKept(0)
    ref = await new_ref(unit, "T")
    kept = await record_talk(unit, actor, question, Kept.ONCE, ref=ref)
    name = await name_of(unit.session, unit.vault, question.person_id)
    await unit.push_person(question.data["cadre_id"], NoteSettled(ref, name, kept))
    return RelayKept(ref)
