"""Open talks as the recorder sees them: which chat, and whose words may be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.office import holds, serves
from bot.core.reads.people import account_index
from bot.core.rules.consent import ConsentScope, may_be_recorded
from bot.core.rules.people import AgeBand
from bot.core.tables import Consent
from bot.features.talk.rules.talk import (
    ADD_NOTES_WITHIN,
    SHOWN_AGAIN_AFTER,
    SpeakerRole,
    TalkState,
    is_idle,
    is_quiet,
    notice_due,
    was_quiet,
)
from bot.features.talk.tables import Talk
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import Account, Person
from bot.store.sealing import Vault, key_of


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody whose words in a talk may be kept, and since when; ``key_id`` is the data key that seals them."""

    person_id: int
    key_id: int
    role: SpeakerRole
    minor: bool
    sensitive_ok: bool
    since: datetime
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TalkWatch:
    """记录中 Recording: an open talk in one chat. ``speakers`` by the blind index of their account in this channel."""

    talk_id: int
    ref: int
    chat: tuple[str, str, str]
    chat_id: int
    opened_at: datetime
    last_notice_at: datetime
    speakers: Mapping[bytes, Speaker]
    quiet_since: datetime | None = None
    shown_at: datetime | None = None

    def silent(self, second: int | None = None) -> bool:
        """Whether ● 记录中 is not to be seen; with a ``second``, whether it was not then, or is not now."""
        if is_quiet(self.quiet_since, self.shown_at):
            return True
        return second is not None and was_quiet(self.quiet_since, self.shown_at, second)

    def speaker(self, vault: Vault, native_id: str) -> Speaker | None:
        """Who of those that may be recorded has this platform id; None for everybody else."""
        return self.speakers.get(account_index(vault, self.chat[0], "", native_id))

    @property
    def names(self) -> frozenset[str]:
        """The 称呼 of all who may be recorded here."""
        return frozenset(s.name for s in self.speakers.values() if s.name)


async def youths_accounts(session: AsyncSession, vault: Vault, watch: TalkWatch, most: int) -> list[str]:
    """The platform ids of youths who may be recorded in this talk."""
    youths = {s.person_id for s in watch.speakers.values() if s.role is SpeakerRole.YOUTH}
    found = await session.execute(
        select(Account.id, Account.native)
        .where(Account.person_id.in_(youths), Account.channel == watch.chat[0], Account.scope == "")
        .order_by(Account.id)
        .limit(most)
    )
    told = [await vault.read(session, f"accounts:{row.id}:native", row.native) for row in found.all()]
    return [native for native in told if native]


def message_index(vault: Vault, chat: tuple[str, str, str], message_id: str) -> bytes:
    """The blind index by which a recorded message is found again when it is recalled."""
    return vault.mac("index", "message", *chat, message_id)


async def watch_of(
    session: AsyncSession, vault: Vault, channel: str, bot_id: str, native_id: str, *, now: datetime
) -> TalkWatch | None:
    """The open talk of a group that is linked, with those who may be recorded now; None when there is none."""
    row = (
        await session.execute(_OPEN.where(Chat.channel == channel, Chat.bot_id == bot_id, Chat.native_id == native_id))
    ).one_or_none()
    return await _watch(session, vault, row[0], row[1], now) if row else None


async def may_be_named(session: AsyncSession, vault: Vault, talk: Talk, now: datetime) -> frozenset[str]:
    """Whom an @ may name in what is kept of a talk: those whose words may be (P3)."""
    return (await _watch(session, vault, talk, await session.get_one(Chat, talk.chat_id), now)).names


async def open_watches(session: AsyncSession, vault: Vault, *, now: datetime) -> list[TalkWatch]:
    """Every open talk: what the recorder loads at the start."""
    rows = (await session.execute(_OPEN.order_by(Talk.opened_at))).all()
    return [await _watch(session, vault, talk, chat, now) for talk, chat in rows]


_OPEN = (
    select(Talk, Chat).join(Chat, Chat.id == Talk.chat_id).where(Talk.state == TalkState.OPEN, Chat.state == "linked")
)


async def _watch(session: AsyncSession, vault: Vault, talk: Talk, chat: Chat, now: datetime) -> TalkWatch:
    youths = await _youths(session, chat)
    cadres = await _cadres(session, chat, talk, now)
    people = {p.id: p for p, _, _ in [*youths, *cadres]}
    await vault.ready(session, *(key_of(p.name) for p in people.values()))
    sensitive = await _agreed_to_sensitive(session, people)
    speakers: dict[bytes, Speaker] = {}
    # Cadres last: who is both speaks here as the cadre.
    for role, rows in ((SpeakerRole.YOUTH, youths), (SpeakerRole.CADRE, cadres)):
        for person, index, since in rows:
            speakers[index] = Speaker(
                person_id=person.id,
                key_id=person.key_id,
                role=role,
                minor=person.age_band == AgeBand.MINOR,
                sensitive_ok=person.id in sensitive,
                since=max(since, talk.opened_at),
                name=vault.open(f"people:{person.id}:name", person.name) or "",
            )
    return TalkWatch(
        talk_id=talk.id,
        ref=talk.ref,
        chat=(chat.channel, chat.bot_id, chat.native_id),
        chat_id=chat.id,
        opened_at=talk.opened_at,
        last_notice_at=talk.last_notice_at,
        speakers=speakers,
        quiet_since=talk.quiet_since,
        shown_at=talk.shown_at,
    )


async def _youths(session: AsyncSession, chat: Chat) -> list[tuple[Person, bytes, datetime]]:
    """Active youths of this chat, of age, who gave 原话 for this very chat and have not taken it back."""
    in_chat = select(Contact.id).where(
        Contact.youth_id == Person.id, Contact.chat_id == chat.id, Contact.ended_at.is_(None)
    )
    rows = await session.execute(
        select(Person, Account.native_index, Consent.given_at)
        .join(Account, Account.person_id == Person.id)
        .join(Consent, Consent.person_id == Person.id)
        .where(
            in_chat.exists(),
            Person.state == "active",
            Person.is_youth.is_(True),
            Account.channel == chat.channel,
            Account.scope == "",
            Consent.scope == ConsentScope.ORIGINAL_MESSAGES,
            Consent.chat_id == chat.id,
            Consent.withdrawn_at.is_(None),
        )
    )
    return [(p, i, since) for p, i, since in rows if may_be_recorded(AgeBand(p.age_band) if p.age_band else None)]


async def _cadres(session: AsyncSession, chat: Chat, talk: Talk, now: datetime) -> list[tuple[Person, bytes, datetime]]:
    """The cadre who opened the talk and the hosts of the chat, as long as they are in office."""
    hosts = select(ChatHost.person_id).where(ChatHost.chat_id == chat.id)
    rows = await session.execute(
        select(Person, Account.native_index)
        .join(Account, Account.person_id == Person.id)
        .where(
            or_(Person.id == talk.cadre_id, Person.id == chat.owner_id, Person.id.in_(hosts)),
            Person.state == "active",
            Account.channel == chat.channel,
            Account.scope == "",
            holds(Person.id, now),
        )
    )
    return [(p, i, talk.opened_at) for p, i in rows]


async def _agreed_to_sensitive(session: AsyncSession, people: Mapping[int, Person]) -> set[int]:
    found = await session.execute(
        select(Consent.person_id).where(
            Consent.person_id.in_(people), Consent.scope == ConsentScope.SENSITIVE, Consent.withdrawn_at.is_(None)
        )
    )
    return set(found.scalars())


# --- due -------------------------------------------------------------------------------------------------------------


async def talks_due(session: AsyncSession, look: Look) -> list[int]:
    """Talks to announce again, to close as idle, to finish without 要点: time alone brings it about."""
    rows = await session.execute(
        select(
            *(Talk.id, Talk.state, Talk.last_notice_at, Talk.last_activity_at, Talk.closed_at),
            *(Talk.quiet_since, Talk.shown_at),
            serves(Talk.cadre_id, look.now),
        )
        .where(Talk.state.in_((TalkState.OPEN, TalkState.STOPPED)))
        .order_by(Talk.opened_at)
    )
    due: list[int] = []
    for talk_id, state, notice_at, activity_at, closed_at, quiet_since, shown_at, serving in rows:
        if not serving:
            due.append(talk_id)
        elif state == TalkState.STOPPED:
            if closed_at is None or look.now - closed_at >= ADD_NOTES_WITHIN:
                due.append(talk_id)
        elif (
            is_idle(activity_at, look.now)
            or notice_due(notice_at, activity_at, look.now)
            or (is_quiet(quiet_since, shown_at) and look.now - notice_at >= SHOWN_AGAIN_AFTER)
        ):
            due.append(talk_id)
    return due


async def is_recorded(session: AsyncSession, talk_id: int, _now: datetime) -> bool:
    """Whether this talk is open: ● 记录中 is true no longer than that."""
    return (
        await session.execute(select(Talk.id).where(Talk.id == talk_id, Talk.state == TalkState.OPEN))
    ).first() is not None
