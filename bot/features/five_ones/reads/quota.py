"""五个一的规定 in force: the notice's number, the province's content, and what is waived for one cadre (R2.8, P40)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import ids_in
from bot.core.rules.five_ones import NUMBER, Window
from bot.core.rules.people import OrgLevel
from bot.features.five_ones.rules.quota import MONTHS, USUAL, Subject
from bot.features.five_ones.tables import QuotaVersion, QuotaWaiver
from bot.store.people import OrgUnit


@dataclass(frozen=True, slots=True)
class QuotaContent:
    """What counts as content for one subject, and the document that says so; ``plan`` empty: the notice itself."""

    kinds: tuple[str, ...]
    plan: str = ""
    plan_version: str = ""
    plan_day: date | None = None
    from_day: date | None = None


async def contents_of(
    session: AsyncSession, org_ids: Collection[int], window_of: Mapping[Subject, Window]
) -> dict[tuple[int, Subject], QuotaContent]:
    """What holds for these organisations in the window of each subject.

    The nearest province above has set it; a version holds from the first window on that begins on its day or later, so
    that nothing changes in the middle of one.
    """
    paths = await session.execute(select(OrgUnit.id, OrgUnit.path).where(OrgUnit.id.in_(org_ids)))
    above = {org_id: ids_in(path)[::-1] for org_id, path in paths}
    setters = {org for chain in above.values() for org in chain}
    rows = await session.execute(
        select(QuotaVersion).where(QuotaVersion.org_id.in_(setters)).order_by(QuotaVersion.from_day)
    )
    versions: Sequence[QuotaVersion] = rows.scalars().all()
    return {
        (org_id, subject): _in_force(versions, chain, subject, window.first)
        for org_id, chain in above.items()
        for subject, window in window_of.items()
    }


def _in_force(versions: Iterable[QuotaVersion], chain: Sequence[int], subject: Subject, day: date) -> QuotaContent:
    for org_id in chain:
        found = [one for one in versions if one.org_id == org_id and one.subject == subject and one.from_day <= day]
        if found:
            one = found[-1]
            return QuotaContent(tuple(one.kinds), one.plan, one.plan_version, one.plan_day, one.from_day)
    return QuotaContent(USUAL[subject])


async def waived(session: AsyncSession, cadre_ids: Collection[int], windows: Collection[Window]) -> dict[Any, int]:
    """How many fewer a cadre owes in a window: ``{(cadre, first day, last day): number}``."""
    rows = await session.execute(
        select(QuotaWaiver.cadre_id, QuotaWaiver.first_day, QuotaWaiver.last_day, QuotaWaiver.fewer).where(
            QuotaWaiver.cadre_id.in_(cadre_ids),
            QuotaWaiver.first_day.in_([window.first for window in windows]),
            QuotaWaiver.undone_at.is_(None),
        )
    )
    return {(cadre_id, first, last): fewer for cadre_id, first, last, fewer in rows}


@dataclass(frozen=True, slots=True)
class QuotaShown:
    """For ``zhixin quota show``: one version of one subject."""

    org: str
    subject: Subject
    months: int
    number: int
    kinds: tuple[str, ...] = field(default=())
    plan: str = ""
    plan_version: str = ""
    plan_day: date | None = None
    from_day: date | None = None


async def quotas_shown(session: AsyncSession, code: str | None) -> list[QuotaShown]:
    """Every version that a province has set, the oldest first; before them the notice's own."""
    shown = [QuotaShown("", subject, MONTHS[subject], NUMBER, USUAL[subject]) for subject in Subject]
    rows = (
        select(QuotaVersion, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == QuotaVersion.org_id)
        .where(OrgUnit.level == OrgLevel.PROVINCE.value)
        .order_by(OrgUnit.path, QuotaVersion.from_day, QuotaVersion.subject)
    )
    if code:
        rows = rows.where(OrgUnit.code == code)
    for one, name in await session.execute(rows):
        subject = Subject(one.subject)
        shown.append(
            QuotaShown(
                name,
                subject,
                MONTHS[subject],
                NUMBER,
                tuple(one.kinds),
                one.plan,
                one.plan_version,
                one.plan_day,
                one.from_day,
            )
        )
    return shown
