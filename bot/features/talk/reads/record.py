"""Reading talks: the list, one record, a person's export; only those who took part ever find one (P11)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import Page, paged
from bot.core.reads.people import names_of
from bot.core.reads.unreadable import shown, unreadable
from bot.features.talk.rules.talk import LIST_PAGE, CoSign, Kept, NotesState, SpeakerRole, TalkState
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.store.sealing import Vault, key_of


@dataclass(frozen=True, slots=True)
class Notes:
    """要点 and the cadre who wrote them."""

    author_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded message; ``words`` None: its key is gone (暂不可读)."""

    person_id: int
    at: datetime
    words: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap as it stands: from, to, and how many are missing (None: unknown)."""

    from_at: datetime
    to_at: datetime | None
    missing: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """One talk as somebody who took part may see it; ``amendments`` by person."""

    talk: Talk
    parts: tuple[TalkPart, ...]
    names: Mapping[int, str] = field(repr=False)
    topic: str = field(repr=False)
    notes: Notes | None
    lines: tuple[Line, ...]
    amendments: Mapping[int, str | None] = field(repr=False)
    gaps: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of a cadre's talks."""

    ref: int
    at: datetime
    state: TalkState
    kept: Kept
    stored: int
    topic: str = field(repr=False)
    youths: tuple[str, ...] = field(repr=False)
    youth_ids: tuple[int, ...]


async def read_notes(session: AsyncSession, vault: Vault, talk: Talk) -> Notes | None:
    """The 要点 of a talk; None when there are none."""
    if not talk.notes:
        return None
    text = await vault.read(session, f"talks:{talk.id}:notes", talk.notes)
    if text is None:
        return Notes(0, unreadable())
    plain = json.loads(text)
    return Notes(plain["by"], plain["text"])


def took_part(ref: int, person_id: int, role: SpeakerRole) -> ColumnElement[bool]:
    """The talk of this number if the person took part in it in this role; foreign and unknown ones are alike."""
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == person_id, TalkPart.role == role)
    return and_(Talk.ref == ref, Talk.id.in_(mine))


async def record_of(session: AsyncSession, vault: Vault, talk: Talk) -> Record:
    """Everything stored of one talk, in the order in which it was said. The caller has looked who asks."""
    parts = await _parts(session, talk.id)
    lines = await lines_of(session, vault, talk.id)
    people = {p.person_id for p in parts} | {line.person_id for line in lines} | {talk.cadre_id}
    await vault.ready(session, *(key_of(p.amendment) for p in parts if p.amendment))
    amendments = {
        p.person_id: vault.open(f"talk_parts:{talk.id}.{p.person_id}:amendment", p.amendment)
        for p in parts
        if p.amendment
    }
    gaps = await session.execute(select(Gap).where(Gap.talk_id == talk.id).order_by(Gap.from_at, Gap.id))
    return Record(
        talk=talk,
        parts=tuple(parts),
        names=await names_of(session, vault, sorted(people)),
        topic=await shown(session, vault, f"talks:{talk.id}:topic", talk.topic),
        notes=await read_notes(session, vault, talk),
        lines=lines,
        amendments=amendments,
        gaps=tuple(_hole(g) for g in gaps.scalars() if g.missing is None or g.missing > g.recovered),
    )


async def _parts(session: AsyncSession, talk_id: int) -> list[TalkPart]:
    rows = await session.execute(select(TalkPart).where(TalkPart.talk_id == talk_id).order_by(TalkPart.person_id))
    return list(rows.scalars())


def _hole(gap: Gap) -> Hole:
    return Hole(gap.from_at, gap.to_at, None if gap.missing is None else gap.missing - gap.recovered)


async def lines_of(session: AsyncSession, vault: Vault, talk_id: int, person_id: int | None = None) -> tuple[Line, ...]:
    """The recorded messages of a talk, or one person's of it: by time sent, the gateway's sequence, then arrival."""
    statement = select(TalkMessage.id, TalkMessage.person_id, TalkMessage.sent_at, TalkMessage.body).where(
        TalkMessage.talk_id == talk_id
    )
    if person_id is not None:
        statement = statement.where(TalkMessage.person_id == person_id)
    rows = (
        await session.execute(
            statement.order_by(
                TalkMessage.sent_at, func.coalesce(TalkMessage.sequence, 0), TalkMessage.arrived_at, TalkMessage.id
            )
        )
    ).all()
    await vault.ready(session, *(key_of(row.body) for row in rows))
    return tuple(Line(row.person_id, row.sent_at, vault.open(f"talk_messages:{row.id}:body", row.body)) for row in rows)


async def list_talks(
    session: AsyncSession, vault: Vault, cadre_id: int, youth_ids: Sequence[int] | None, page: int
) -> Page[Listed]:
    """A cadre's own talks, newest first; with ``youth_ids`` only those with these youths; refuses ``page.none``."""
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == cadre_id, TalkPart.role == SpeakerRole.CADRE)
    where = [Talk.id.in_(mine)]
    if youth_ids is not None:
        theirs = select(TalkPart.talk_id).where(
            TalkPart.person_id.in_(youth_ids), TalkPart.role == SpeakerRole.YOUTH, TalkPart.co_sign != CoSign.DELETED
        )
        where.append(Talk.id.in_(theirs))
    found = await paged(session, select(Talk).where(*where).order_by(Talk.opened_at.desc(), Talk.id), page, LIST_PAGE)
    talks = found.rows
    stored = await _stored(session, [t.id for t in talks])
    youths = await _youths(session, vault, [t.id for t in talks])
    listed = [
        Listed(
            ref=t.ref,
            at=t.opened_at,
            state=TalkState(t.state),
            kept=Kept(t.kept),
            stored=stored.get(t.id, 0),
            topic=await shown(session, vault, f"talks:{t.id}:topic", t.topic),
            youths=tuple(name for _, name in youths.get(t.id, ())),
            youth_ids=tuple(person_id for person_id, _ in youths.get(t.id, ())),
        )
        for t in talks
    ]
    return Page(listed, page, found.pages, found.total)


async def _stored(session: AsyncSession, talk_ids: Sequence[int]) -> dict[int, int]:
    rows = await session.execute(
        select(TalkMessage.talk_id, func.count()).where(TalkMessage.talk_id.in_(talk_ids)).group_by(TalkMessage.talk_id)
    )
    return {row[0]: row[1] for row in rows}


async def _youths(
    session: AsyncSession, vault: Vault, talk_ids: Sequence[int]
) -> dict[int, tuple[tuple[int, str], ...]]:
    """The youths of each talk; who deleted their part is not named any more."""
    rows = (
        await session.execute(
            select(TalkPart.talk_id, TalkPart.person_id)
            .where(
                TalkPart.talk_id.in_(talk_ids),
                TalkPart.role == SpeakerRole.YOUTH,
                TalkPart.co_sign != CoSign.DELETED,
            )
            .order_by(TalkPart.person_id)
        )
    ).all()
    names = await names_of(session, vault, [person_id for _, person_id in rows])
    found: dict[int, tuple[tuple[int, str], ...]] = {}
    for talk_id, person_id in rows:
        found[talk_id] = (*found.get(talk_id, ()), (person_id, names.get(person_id, "")))
    return found


# --- for the person's own data -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TalkExport:
    """A talk as its participant's export shows it: their own words, 要点 about them, their correction."""

    ref: int
    role: SpeakerRole
    opened_at: datetime
    closed_at: datetime | None
    kept: Kept
    co_sign: CoSign
    lines: tuple[Line, ...]
    notes: str = field(repr=False)
    notes_waiting: bool
    amendment: str = field(repr=False)


async def export_talks(session: AsyncSession, vault: Vault, person_id: int) -> list[TalkExport]:
    """Every talk the person took part in, oldest first; other people's words are theirs and not in it.

    Waiting 要点 are shown to their writer, and to the youth, who is being asked about these very words.
    """
    parts = select(TalkPart.talk_id).where(TalkPart.person_id == person_id)
    words = select(TalkMessage.talk_id).where(TalkMessage.person_id == person_id)
    rows = (
        await session.execute(
            select(Talk, TalkPart)
            .outerjoin(TalkPart, (TalkPart.talk_id == Talk.id) & (TalkPart.person_id == person_id))
            .where(Talk.id.in_(parts.union(words)))
            .order_by(Talk.opened_at, Talk.id)
        )
    ).all()
    found = []
    for talk, part in rows:
        role = SpeakerRole(part.role) if part is not None else SpeakerRole.YOUTH
        notes = await read_notes(session, vault, talk)
        waiting = talk.notes_state == NotesState.HELD
        if notes and waiting and role is SpeakerRole.CADRE and notes.author_id != person_id:
            notes = None
        place = f"talk_parts:{talk.id}.{person_id}:amendment"
        found.append(
            TalkExport(
                ref=talk.ref,
                role=role,
                opened_at=talk.opened_at,
                closed_at=talk.closed_at,
                kept=Kept(talk.kept),
                co_sign=CoSign(part.co_sign) if part is not None else CoSign.NONE,
                lines=await lines_of(session, vault, talk.id, person_id),
                notes=notes.text if notes else "",
                notes_waiting=waiting,
                amendment=await shown(session, vault, place, part.amendment if part is not None else None),
            )
        )
    return found
