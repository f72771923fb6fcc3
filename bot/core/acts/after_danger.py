"""危机之后: what is true of a call for help at this moment, and what is said to whoever asks about it (P27, S3b)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.contacts import memberships
from bot.core.reads.duty import nearest_holders
from bot.core.reads.people import name_of
from bot.core.rules.after_danger import DangerTopic
from bot.core.rules.crisis import CrisisState, Hotline
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.say import Say
from bot.core.tables import Crisis
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call for help stands: what may be said of it without a lie."""

    known: bool
    """A call for help is noted at all; of somebody unknown, or who wrote without a name, nothing is."""
    wanted: bool
    """The person wants a duty officer to make contact."""
    called: bool
    """A duty officer has been told."""
    officer: str
    """Who of them has answered; empty: nobody yet."""
    reached: bool
    """They have reported that they reached the person."""
    on_duty: bool
    """Somebody is on duty at this moment who could be told."""
    minor: bool
    cadre: str
    """Whom a talk could be asked of; empty: nobody."""


NOBODY: Final = Standing(False, False, False, "", False, False, False, "")


@dataclass(frozen=True, slots=True)
class DangerTalk(Say):
    """The prepared answer to what somebody asks or says after words of danger; ``choices``: the card waits for one."""

    template: ClassVar[str] = "crisis/talk"
    topic: DangerTopic
    now: Standing
    choices: bool
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class DangerHeard(Say):
    """Anything else: one short warm line, each time another; ``choices``: with the card's choices once more."""

    template: ClassVar[str] = "crisis/heard"
    turn: int
    choices: bool
    wanted: bool


async def latest_crisis(session: AsyncSession, person_id: int) -> Crisis | None:
    """The newest call for help of this person."""
    found = await session.execute(
        select(Crisis).where(Crisis.person_id == person_id).order_by(Crisis.opened_at.desc()).limit(1)
    )
    return found.scalar_one_or_none()


async def standing_of(session: AsyncSession, vault: Vault, actor: Actor, crisis: Crisis, *, now: datetime) -> Standing:
    """What is true of this call for help."""
    me = actor.person_id or 0
    state = CrisisState(crisis.state)
    wanted = state in (CrisisState.CONTACT_WANTED, CrisisState.FOLLOWED_UP) or (
        state is CrisisState.CLOSED and crisis.seen_at is not None
    )
    duty = await nearest_holders(session, crisis.org_id, Role.DUTY_OFFICER, now=now, but=frozenset((me,)))
    told = wanted and crisis.duty_id is not None
    youth = actor.has(Role.YOUTH) and actor.age_band is not AgeBand.UNDER_14
    contacts = [one.cadre for one in await memberships(session, vault, me, now=now) if one.serving] if youth else []
    return Standing(
        known=True,
        wanted=wanted,
        called=told,
        officer=await name_of(session, vault, crisis.duty_id) if crisis.duty_id and crisis.seen_at else "",
        reached=state is CrisisState.CLOSED and crisis.seen_at is not None,
        on_duty=duty is not None,
        minor=actor.age_band in (AgeBand.MINOR, AgeBand.UNDER_14),
        cadre=contacts[0] if contacts else "",
    )
