"""青年之声 of a cadre who is gone: its author decides who gets it; until then nobody reads a word of it (P12, P13)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.hand_over import HandOver
from bot.core.feature import Look
from bot.core.reads.duty import Holders
from bot.core.reads.office import in_force, present, reachable
from bot.core.reads.stand_in import StandIn, anybody_for, in_turn
from bot.core.rules.people import Actor, Role
from bot.features.voice.acts.escalate import raise_voice
from bot.features.voice.acts.keep import VoiceArrived
from bot.features.voice.acts.transition import HAND_OVER
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.reads.voice import SERVERS, WAITING, cadre_serves, locked, with_a_cadre
from bot.features.voice.tables import Voice
from bot.store.people import RoleGrant
from bot.store.sealing import Vault
from bot.store.unit import Unit


async def voices_of_gone(session: AsyncSession, look: Look) -> Sequence[int]:
    """What its author has to be asked about; and what nobody need be asked about any more."""
    serving = cadre_serves(look.now)
    asked = Voice.gone_asked_at.is_not(None)
    wanted = or_(and_(~asked, ~serving, reachable(Voice.author_id)), and_(asked, serving))
    rows = await session.execute(
        select(Voice.id).where(with_a_cadre(), wanted).order_by(*in_turn(Voice.id)).limit(look.limit)
    )
    return rows.scalars().all()


async def stranded_voices(session: AsyncSession, vault: Vault, now: datetime) -> Sequence[datetime]:
    """Since when voices wait for which nobody stands in; and those of organs where nobody is left."""
    found = await session.execute(
        select(Voice.held_since, Voice.cadre_id, Voice.author_id).where(with_a_cadre(), ~cadre_serves(now))
    )
    rows = [(since, (cadre or 0, author or 0)) for since, cadre, author in found]
    someone = await anybody_for(session, vault, (pair for _, pair in rows), now=now)
    admins = exists().where(
        RoleGrant.org_id == Voice.holder_org_id,
        RoleGrant.role == Role.ORGAN_ADMIN.value,
        in_force(now),
        reachable(RoleGrant.person_id),
        present(RoleGrant.person_id, now),
    )
    of_organs = await session.execute(
        select(Voice.held_since).where(Voice.state.in_(WAITING), Voice.holder_org_id.is_not(None), ~admins)
    )
    return sorted([*(since for since, pair in rows if pair not in someone), *of_organs.scalars()])


async def look_at_cadre(unit: Unit, voice_id: int, _look: Look) -> bool:
    """Ask the author of one item, or take the question back where the cadre serves again."""
    return await GONE.ask_if_gone(unit, await locked(unit.session, voice_id))


async def _give(unit: Unit, actor: Actor, voice: Voice, to: StandIn, named: bool) -> None:
    if to.org_id is not None:
        await raise_voice(unit, actor, voice, Holders(to.org_id, to.name, to.people), named=named, note="")
        return
    voice.cadre_id, voice.handed_named, voice.gone_asked_at = to.people[0], named, None
    voice.held_since, voice.reminded_at, voice.told_above_at = unit.now, None, None
    await unit.session.flush()
    key = f"voice:{voice.id}:handed:{to.people[0]}"
    await unit.push_person(to.people[0], VoiceArrived(voice.ref, voice.wordless), idem_key=key, cls="L")
    await unit.audit(
        actor, "voice.handed_over", role=Role.YOUTH, subject_id=voice.author_id, ref=f"V{voice.ref}", named=named
    )


def _with_cadre(voice: Voice) -> bool:
    return voice.holder_org_id is None and voice.state in WAITING


GONE: Final = HandOver(
    question=HAND_OVER,
    audit="voice.hand_over_asked",
    letter="V",
    table=Voice,
    youth_of=lambda voice: voice.author_id,
    offices=SERVERS,
    all_of=lambda cadre_id: select(Voice).where(with_a_cadre(), Voice.cadre_id == cadre_id).order_by(Voice.id),
    is_open=_with_cadre,
    waits=_with_cadre,
    withdraw=withdraw_voice,
    give=_give,
)
