"""推荐经验, 申请支持: a cadre sends something up; the nearest organ with somebody in office gets it (R1.4, R2.4)."""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import func, select

from bot.core.reads.duty import nearest_holders, org_name
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotAllowed
from bot.core.rules.say import Say
from bot.features.upward.reads.sent import LETTERS, SentUp
from bot.features.upward.rules.upward import PracticeKind, UpwardState, checked_text, may_send
from bot.features.upward.tables import GoodPractice
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class SentUpward(Say):
    """To the cadre: received, by which organ; ``told``: how many people of it were told, 0 when nobody is there yet."""

    template: ClassVar[str] = "upward/sent"
    ref: str
    practice: bool
    org: str
    told: int


@dataclass(frozen=True, slots=True)
class ArrivedUpward(Say):
    """To the organ's admins: something was sent up."""

    template: ClassVar[str] = "upward/arrived"
    ref: str
    practice: bool
    who: str = field(repr=False)
    org: str
    words: str = field(repr=False)
    kind: str = ""


async def send_up(
    unit: Unit, actor: Actor, table: type[SentUp], text: str, kind: PracticeKind | None = None
) -> SentUpward:
    """``推荐经验 [类别] <内容>`` and ``申请支持 <内容>``; ``kind`` of what is recommended."""
    own = min(actor.orgs(Role.CADRE), default=None)
    if own is None or actor.person_id is None:
        raise NotAllowed(needs="cadre", known=actor.known)
    words = checked_text(text)
    waiting = (
        select(func.count())
        .select_from(table)
        .where(table.sender_id == actor.person_id, table.state == UpwardState.RECEIVED.value)
    )
    may_send((await unit.session.execute(waiting)).scalar_one())
    holders = await nearest_holders(
        unit.session, own, Role.ORGAN_ADMIN, now=unit.now, but=frozenset((actor.person_id,))
    )
    organ = await unit.session.get_one(OrgUnit, holders.org_id if holders is not None else own)
    letter, row_id = LETTERS[table], new_id()
    row = table(
        id=row_id,
        ref=await new_ref(unit, letter),
        sender_id=actor.person_id,
        from_org_id=own,
        org_id=organ.id,
        text=await unit.seal(organ.key_id, f"{table.__tablename__}:{row_id}:text", words),
        state=UpwardState.RECEIVED.value,
        sent_at=unit.now,
    )
    if isinstance(row, GoodPractice):
        row.kind = (kind or PracticeKind.EXPERIENCE).value
    unit.session.add(row)
    await unit.session.flush()
    ref, practice = f"{letter}{row.ref}", table is GoodPractice
    await unit.audit(actor, "upward.recommended" if practice else "upward.requested", role=Role.CADRE, ref=ref)
    who, where = await name_of(unit.session, unit.vault, actor.person_id), await org_name(unit.session, own)
    say = ArrivedUpward(ref, practice, who, where, words, row.kind if isinstance(row, GoodPractice) else "")
    told = sum([await unit.push_person(person_id, say) for person_id in (holders.people if holders else ())])
    return SentUpward(ref, practice, organ.name, told)
