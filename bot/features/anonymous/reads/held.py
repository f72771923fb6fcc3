"""心声列表: what waits for whoever has to answer it, with a name and without. No words, no names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import counted
from bot.core.rules.paging import PAGE, pages_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.reads.anonymous import AnonymousLine, line_of, listed
from bot.features.anonymous.reads.anonymous import counted as counted_roughly
from bot.features.anonymous.rules.anonymous import AnonymousRules, AnonymousState
from bot.features.voice.reads.list import HeldLine, held_line
from bot.features.voice.reads.voice import held_by
from bot.features.voice.rules.voice import REMIND_AFTER, SILENCE, VoiceState
from bot.features.voice.tables import Voice


@dataclass(frozen=True, slots=True)
class HeldVoices(Say):
    """What the actor holds: what waits for them first, oldest first; ``about``: how many came without a name this year.

    That number is rounded and told of five and more only; anonymous ones that wait for their batch are in none (P23).
    """

    template: ClassVar[str] = "voice/held"
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    total: int
    page: int
    pages: int
    lines: tuple[HeldLine, ...]
    about: int | None


async def held_voices(
    session: AsyncSession, actor: Actor, page: int, *, workdays: Workdays, rules: AnonymousRules, now: datetime
) -> HeldVoices:
    """``心声列表 [页]``: what came without a name stands before the rest."""
    nameless = await listed(session, actor, now=now)
    named = select(Voice).where(held_by(actor, now), Voice.state != VoiceState.CLOSED.value)
    before = await counted(session, nameless)
    total = before + await counted(session, named)
    pages, skip = pages_of(total, page), (page - 1) * PAGE
    shown = (await session.scalars(nameless.limit(PAGE).offset(skip))).all() if skip < before else ()
    ordered = named.order_by(Voice.state == VoiceState.ANSWERED.value, Voice.held_since, Voice.id)
    rows = await session.scalars(ordered.limit(PAGE - len(shown)).offset(max(0, skip - before)))
    lines = (
        *(_nameless_line(line_of(row), workdays, now) for row in shown),
        *(held_line(voice, workdays, now) for voice in rows),
    )
    about = await counted_roughly(session, actor.orgs(Role.ORGAN_ADMIN), date(now.year, 1, 1), rules)
    return HeldVoices(total, page, pages, lines, about)


def _nameless_line(line: AnonymousLine, workdays: Workdays, now: datetime) -> HeldLine:
    answered = line.state is AnonymousState.ANSWERED
    state = VoiceState(line.state.value)
    if answered:
        due = line.answered_on + SILENCE if line.answered_on is not None else None
    else:
        due = workdays.after(line.held_since, REMIND_AFTER)
    late = due is not None and not answered and now.date() > due
    return HeldLine(line.ref, "", state, due, late, False, nameless=True, urgent=line.urgent)
