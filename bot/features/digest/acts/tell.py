"""摘要: on mornings of the calendar those in office hear what is worth doing, in private."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.expire import drop_batch
from bot.core.acts.prompt import ask_person
from bot.core.feature import Look, features
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.office import in_force, present, reachable
from bot.core.rules.digest import DigestLine
from bot.core.rules.people import Actor, CadreKind, Grant, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Lost, Say
from bot.features.digest.rules.days import Occasion, cadre_days, organ_days, reporter_days
from bot.features.digest.tables import DigestMorning
from bot.store.base import new_id
from bot.store.dialect import insert_ignore
from bot.store.people import Person, RoleGrant
from bot.store.unit import Unit

MOST: Final = 3
"""Lines of a morning, the most useful first."""
LIFE: Final = timedelta(days=1)
KEPT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class DigestData:
    """The words of the commands that the digits stand for."""

    words: tuple[str, ...]


DIGEST: Final = Question("digest.act", Asks.OFFICE, DigestData, silence=ends, reason=always, optional=True)


@dataclass(frozen=True, slots=True)
class Morning(Say):
    """早上的摘要: why today, and at most three things, each answered by its digit."""

    template: ClassVar[str] = "digest/morning"
    lost: ClassVar[Lost | None] = Lost.LISTED
    occasion: Occasion
    lines: tuple[DigestLine, ...]


async def to_tell(session: AsyncSession, look: Look) -> list[int]:
    """People in office whose morning this is and who were not told yet."""
    today = look.now.date()
    if not look.workdays.is_workday(today):
        return []
    told = exists().where(DigestMorning.on == today, DigestMorning.person_id == RoleGrant.person_id)
    found: dict[int, None] = {}
    for grants in _grants(today, look):
        rows = await session.execute(
            select(RoleGrant.person_id)
            .where(
                *grants,
                in_force(look.now),
                reachable(RoleGrant.person_id),
                present(RoleGrant.person_id, look.now),
                ~told,
            )
            .order_by(RoleGrant.person_id)
            .limit(look.limit)
        )
        found |= dict.fromkeys(rows.scalars())
    return list(found)[: look.limit]


def _grants(today: date, look: Look) -> list[tuple[ColumnElement[bool], ...]]:
    """Which offices are told today."""
    kinds = [kind for kind in CadreKind if today in cadre_days(kind, today, look.workdays)]
    found: list[tuple[ColumnElement[bool], ...]] = []
    if kinds:
        of_kind = RoleGrant.cadre_kind.in_(kinds)
        unknown = [RoleGrant.cadre_kind.is_(None)] if CadreKind.PART_TIME in kinds else []
        found.append((RoleGrant.role == Role.CADRE.value, or_(of_kind, *unknown)))
    if today in organ_days(today, look.workdays):
        found.append((RoleGrant.role == Role.ORGAN_ADMIN.value,))
    if today in reporter_days(today, look.workdays):
        found.append((RoleGrant.role == Role.REPORTER.value,))
    return found


async def tell(unit: Unit, person_id: int, look: Look) -> bool:
    """One message; without anything to do there is none."""
    today = look.now.date()
    row = insert_ignore(unit.session, DigestMorning).values(id=new_id(), on=today, person_id=person_id)
    if (await unit.session.execute(row.returning(DigestMorning.id))).first() is None:
        return False
    person = await unit.session.get(Person, person_id)
    actor = await _actor(unit, person_id)
    occasion = occasion_of(actor, today, look)
    if person is None or person.reminders_off or occasion is None:
        return False
    lines = await digest_lines(unit, actor, look)
    if not lines:
        return False
    options = tuple(str(n) for n in range(1, len(lines) + 1))
    data = DigestData(tuple(line.word for line in lines))
    ask = Ask(DIGEST, options, Morning(occasion, lines), data, life=LIFE)
    return await ask_person(unit, person_id, ask, cls="O")


async def digest_lines(unit: Unit, actor: Actor, look: Look) -> tuple[DigestLine, ...]:
    """The most useful things to do now, from every feature."""
    found = [
        line
        for feature in features()
        for source in feature.digest
        for line in await source.read(unit.session, unit.vault, actor, look)
    ]
    return tuple(sorted(found, key=lambda line: -line.weight)[:MOST])


def occasion_of(actor: Actor, today: date, look: Look) -> Occasion | None:
    """Why this person is told today; the more pressing one where there are two."""
    found: list[Occasion] = []
    for grant in actor.grants:
        match grant.role:
            case Role.CADRE:
                days = cadre_days(grant.cadre_kind, today, look.workdays)
            case Role.ORGAN_ADMIN:
                days = organ_days(today, look.workdays)
            case Role.REPORTER:
                days = reporter_days(today, look.workdays)
            case _:
                continue
        found += [days[today]] if today in days else []
    return max(found, key=list(Occasion).index, default=None)


async def _actor(unit: Unit, person_id: int) -> Actor:
    rows = await unit.session.execute(
        select(RoleGrant.role, RoleGrant.org_id, RoleGrant.cadre_kind).where(
            RoleGrant.person_id == person_id, in_force(unit.now)
        )
    )
    grants = tuple(Grant(Role(role), org_id, CadreKind(kind) if kind else None) for role, org_id, kind in rows.all())
    return Actor(person_id, None, grants)


def chosen(question: Asked[DigestData], answer: str) -> str:
    """The command that this digit stands for."""
    return question.data.words[int(answer) - 1]


async def expire_mornings(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    """That somebody was told serves that day only."""
    before = (unit.now - KEPT).date()
    return await drop_batch(unit, DigestMorning, DigestMorning.id, limit, DigestMorning.on < before)


__all__ = ["DIGEST", "Morning", "chosen", "expire_mornings", "tell", "to_tell"]
