"""退出 with a 青年之声 still open: its author says whether it goes on, without the name, or is taken back (P7)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import AT_ONCE, ask_person
from bot.core.events import ContactEnded
from bot.core.question import Ask, Asked, NoData
from bot.core.reads.office import in_contact
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.voice.acts.escalate import raise_voice
from bot.features.voice.acts.remind import drop_voice
from bot.features.voice.acts.transition import LEAVING
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.reads.route import next_holder
from bot.features.voice.reads.voice import WAITING, holder_name, locked
from bot.features.voice.tables import Voice
from bot.store.unit import Unit

OPTIONS: Final = ("go_on", "withdraw")


@dataclass(frozen=True, slots=True)
class VoiceLeavingAsked(Say):
    """To the author who has left: this one is still open; ``organ``: it lies with an organ already."""

    template: ClassVar[str] = "voice/leaving"
    ref: int
    organ: bool


@dataclass(frozen=True, slots=True)
class VoiceGoesOn(Say):
    """To the author: who has it now; empty ``to``: nobody can, and it is over."""

    template: ClassVar[str] = "voice/goes_on"
    ref: int
    to: str


async def contact_ended(unit: Unit, event: ContactEnded) -> None:
    """Ask about each that waits for a cadre they are no longer in contact with, or for an organ."""
    rows = await unit.session.execute(
        select(Voice).where(Voice.author_id == event.youth_id, Voice.state.in_(WAITING)).order_by(Voice.said_at)
    )
    for voice in rows.scalars().all():
        if voice.holder_org_id is None and await in_contact(unit.session, voice.cadre_id, event.youth_id):
            continue
        say = VoiceLeavingAsked(voice.ref, voice.holder_org_id is not None)
        await ask_person(unit, event.youth_id, Ask(LEAVING, OPTIONS, say, subject_id=voice.id), **AT_ONCE)


async def answer_leaving(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say | None:
    """① it goes on without the name; ② it is taken back, and its words are gone."""
    voice = await locked(unit.session, question.subject_id or 0)
    if voice is None or voice.author_id != question.person_id or voice.state not in WAITING:
        return None
    if answer == "withdraw":
        return await withdraw_voice(unit, actor, voice.ref)
    in_touch = await in_contact(unit.session, voice.cadre_id, question.person_id)
    if voice.holder_org_id is None and not in_touch:
        route = await next_holder(unit.session, voice, now=unit.now)
        if route is None:
            await drop_voice(unit, voice, stale=False, tell=False)
            return VoiceGoesOn(voice.ref, "")
        await raise_voice(unit, actor, voice, route, named=False, note="")
    return VoiceGoesOn(voice.ref, await holder_name(unit.session, unit.vault, voice))


@LEAVING.when_silent
async def leaving_silent(unit: Unit, question: Asked[NoData]) -> None:
    """Nothing goes on without a word of somebody who has left: it is taken back."""
    voice = await locked(unit.session, question.subject_id or 0)
    if voice is not None and voice.author_id == question.person_id and voice.state in WAITING:
        await withdraw_voice(unit, Actor(question.person_id, None), voice.ref)
