"""Builders for tests of talks that are over: what was said, by whom, and what was noted."""

from collections.abc import Sequence
from datetime import timedelta

from bot.core.rules.people import Actor
from bot.features.talk.rules.talk import CoSign, NotesState, SpeakerRole
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.people import Person
from bot.store.refs import new_ref
from bot.store.store import Store

SAID = "夜班下班没有公交"


async def make_talk(
    store: Store,
    chat: Chat,
    cadre: Actor,
    *said: tuple[Actor, str],
    topic: str = "夜班",
    notes: str = "",
    ago: timedelta = timedelta(),
    hosts: Sequence[Actor] = (),
) -> int:
    """A closed talk in which these said this; ``hosts`` are further cadres. Returns its number."""
    async with store.unit() as unit:
        talk_id, at = new_id(), unit.now - ago
        key_id = await unit.vault.new_key(unit.session, f"talk:{talk_id}")
        plain = {"by": cadre.person_id, "text": notes}
        unit.session.add(
            talk := Talk(
                id=talk_id,
                ref=await new_ref(unit, "T"),
                chat_id=chat.id,
                cadre_id=cadre.person_id,
                state="closed",
                key_id=key_id,
                topic=await unit.seal(key_id, f"talks:{talk_id}:topic", topic),
                notes=await unit.seal_json(key_id, f"talks:{talk_id}:notes", plain) if notes else None,
                notes_state=NotesState.KEPT if notes else NotesState.NONE,
                opened_at=at,
                closed_at=at,
                last_activity_at=at,
                last_notice_at=at,
            )
        )
        await unit.session.flush()
        roles = dict.fromkeys((cadre, *hosts), SpeakerRole.CADRE)
        roles |= {who: SpeakerRole.YOUTH for who, _ in said if who not in roles}
        for who, role in roles.items():
            co_sign = CoSign.AGREED if role is SpeakerRole.YOUTH else CoSign.NONE
            unit.session.add(TalkPart(talk_id=talk_id, person_id=who.person_id, role=role.value, co_sign=co_sign.value))
        for number, (who, words) in enumerate(said):
            person = await unit.session.get_one(Person, who.person_id)
            message_id, when = new_id(), at + timedelta(seconds=number)
            unit.session.add(
                TalkMessage(
                    id=message_id,
                    talk_id=talk_id,
                    person_id=person.id,
                    native_index=bytes(32),
                    sent_at=when,
                    arrived_at=when,
                    body=await unit.seal(person.key_id, f"talk_messages:{message_id}:body", words),
                )
            )
    return talk.ref


__all__ = ["SAID", "make_talk"]
