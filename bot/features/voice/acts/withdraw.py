"""撤回心声, erasing and running out: the words go, the row stays without author and words for the counts (P7, P20)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import delete, or_, select

from bot.core.acts.arrivals import tell_change
from bot.core.person_data import Erasing
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.voice.acts.keep import arrival_key
from bot.features.voice.acts.transition import cancel_about, write
from bot.features.voice.reads.holders import holders_of
from bot.features.voice.reads.voice import find_own, standing_of
from bot.features.voice.rules.voice import VoiceOutcome, ended
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.store import outbox
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class VoiceWithdrawn(Say):
    """To the author: the words are gone."""

    template: ClassVar[str] = "voice/withdrawn"
    ref: int


@dataclass(frozen=True, slots=True)
class VoiceGone(Say):
    """To the holder: nothing more to do; no reason is given."""

    template: ClassVar[str] = "voice/gone"
    ref: int


async def withdraw_voice(unit: Unit, actor: Actor, ref: int) -> VoiceWithdrawn:
    """``撤回心声 <V>``: whatever its state; only its author."""
    voice = await find_own(unit.session, actor.person_id, ref, lock=True) if actor.person_id is not None else None
    if voice is None:
        raise NotFound
    await cancel_about(unit, voice)
    await _end(unit, voice, VoiceOutcome.WITHDRAWN)
    role = Role.YOUTH if actor.has(Role.YOUTH) else ""
    await unit.audit(actor, "voice.withdrawn", role=role, subject_id=actor.person_id, ref=f"V{ref}")
    return VoiceWithdrawn(ref)


async def forget_voices(going: Erasing) -> None:
    """Everything this person said, with all that was answered to it (删除我的数据)."""
    unit = going.unit
    rows = await unit.session.execute(select(Voice).where(Voice.author_id == going.person_id).with_for_update())
    for voice in rows.scalars().all():
        await _end(unit, voice, VoiceOutcome.ERASED)


async def _end(unit: Unit, voice: Voice, outcome: VoiceOutcome) -> None:
    """Tell who has it, unless the notice that it came has not gone out yet; then let the words go."""
    if standing_of(voice).waits:
        for person_id in await holders_of(unit.session, voice, now=unit.now):
            key, back = arrival_key(voice.id), 0
            for begins in (key, outbox.APPOINTED + key):
                back += await outbox.take_back(unit.session, begins, person_id=person_id)
            if not back:
                await tell_change(unit, person_id, VoiceGone(voice.ref), cls="L")
    write(voice, ended(standing_of(voice), outcome), unit.now)
    await _strip(unit, [voice])


async def expire_voices(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Items closed long ago lose their words and their author; one batch, how many."""
    rows = await unit.session.execute(
        select(Voice)
        .where(
            Voice.closed_at < unit.now - periods.voices,
            or_(Voice.author_id.is_not(None), Voice.text.is_not(None), Voice.key_id.is_not(None)),
        )
        .order_by(Voice.closed_at)
        .limit(limit)
        .with_for_update()
    )
    voices = rows.scalars().all()
    await _strip(unit, voices)
    return len(voices)


async def _strip(unit: Unit, voices: Sequence[Voice]) -> None:
    """Take out author, words, answers and notes; kind, state and days stay."""
    ids = [voice.id for voice in voices]
    for voice in voices:
        voice.author_id = voice.text = voice.key_id = voice.about_id = None
        voice.named = False
    await unit.session.flush()
    for table, column in ((VoiceAnswer, VoiceAnswer.voice_id), (Escalation, Escalation.voice_id)):
        await unit.session.execute(delete(table).where(column.in_(ids)).execution_options(synchronize_session=False))
    unit.erased = unit.erased or bool(ids)
