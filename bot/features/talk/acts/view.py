"""查看谈心: one record for a cadre who took part; each reading is logged for every youth it shows (P11, P15)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.rules.pages import split_pages
from bot.core.rules.paging import check_page
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.features.talk.acts.gaps import GapLine
from bot.features.talk.reads.record import Line, Notes, Record, record_of, took_part
from bot.features.talk.rules.talk import CoSign, Kept, NotesState, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.sealing import Vault

LINE_COST: Final = 12
"""Characters that name and time of a line take on a page."""


@dataclass(frozen=True, slots=True)
class TalkLine:
    """One message of a record; ``words`` None: 暂不可读."""

    at: datetime
    name: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A youth's correction beside the record."""

    name: str
    words: str | None


@dataclass(frozen=True, slots=True)
class TalkShown(Say):
    """A page of a record. 要点, corrections and gaps stand on the first page."""

    template: ClassVar[str] = "talk/shown"
    ref: int
    state: TalkState
    kept: Kept
    opened_at: datetime
    closed_at: datetime | None
    topic: str
    youths: tuple[str, ...]
    stored: int
    not_stored: int
    co_signed: int
    notes: str
    notes_waiting: bool
    lines: tuple[TalkLine, ...]
    amendments: tuple[Amendment, ...]
    gaps: tuple[GapLine, ...]
    page: int
    pages: int


async def view_talk(session: AsyncSession, vault: Vault, actor: Actor, ref: int, page: int = 1) -> Seen:
    """A page of a talk in which this cadre took part; for everybody else it does not exist."""
    if actor.person_id is None or not actor.has(Role.CADRE):
        raise NotFound
    mine = took_part(ref, actor.person_id, SpeakerRole.CADRE)
    talk = (await session.execute(select(Talk).where(mine))).scalar_one_or_none()
    if talk is None:
        raise NotFound
    record = await record_of(session, vault, talk)
    pages = split_pages([LINE_COST + len(line.words or "") for line in record.lines])
    check_page(page, len(pages))
    lines = tuple(record.lines[i] for i in pages[page - 1])
    notes = _notes_for(record, actor.person_id) if page == 1 else None
    read = _read(record, lines, notes, first=page == 1)
    return await seen(
        session,
        _shown(record, lines, notes, page, len(pages)),
        [Logged("read.talk", Role.CADRE, person_id, f"T{ref}", {"page": page}) for person_id in read],
        select(Talk.id, Talk.state, Talk.topic, Talk.notes, Talk.notes_state).where(mine),
        select(TalkPart.person_id, TalkPart.co_sign, TalkPart.amendment).where(TalkPart.talk_id == talk.id),
        select(TalkMessage.person_id, func.count())
        .where(TalkMessage.talk_id == talk.id)
        .group_by(TalkMessage.person_id),
    )


def _notes_for(record: Record, viewer_id: int) -> Notes | None:
    """The 要点 as this viewer may see them: while they wait, only their writer does."""
    if record.notes and record.talk.notes_state == NotesState.HELD and record.notes.author_id != viewer_id:
        return None
    return record.notes


def _read(record: Record, lines: tuple[Line, ...], notes: Notes | None, *, first: bool) -> list[int]:
    """The youths of whom something is read on this page: their words, their correction, 要点 about them."""
    youths = {p.person_id for p in record.parts if p.role == SpeakerRole.YOUTH and p.co_sign != CoSign.DELETED}
    cadres = {p.person_id for p in record.parts if p.role == SpeakerRole.CADRE}
    read = {line.person_id for line in lines} - cadres
    if first:
        read |= set(record.amendments)
        read |= youths if notes is not None else set()
    return sorted(read)


def _shown(record: Record, lines: tuple[Line, ...], notes: Notes | None, page: int, pages: int) -> TalkShown:
    talk, first = record.talk, page == 1
    youths = [p for p in record.parts if p.role == SpeakerRole.YOUTH and p.co_sign != CoSign.DELETED]
    amendments = sorted(record.amendments.items()) if first else []
    return TalkShown(
        ref=talk.ref,
        state=TalkState(talk.state),
        kept=Kept(talk.kept),
        opened_at=talk.opened_at,
        closed_at=talk.closed_at,
        topic=record.topic,
        youths=tuple(record.names.get(p.person_id, "") for p in youths),
        stored=len(record.lines),
        not_stored=talk.not_stored,
        co_signed=sum(p.co_sign in (CoSign.AGREED, CoSign.AMENDED) for p in youths),
        notes=notes.text if notes else "",
        notes_waiting=notes is not None and talk.notes_state == NotesState.HELD,
        lines=tuple(TalkLine(line.at, record.names.get(line.person_id, ""), line.words) for line in lines),
        amendments=tuple(Amendment(record.names.get(person, ""), words) for person, words in amendments),
        gaps=tuple(GapLine(g.from_at, g.to_at, g.missing) for g in record.gaps) if first else (),
        page=page,
        pages=pages,
    )
