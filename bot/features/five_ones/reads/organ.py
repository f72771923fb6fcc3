"""机关进度: an organ's five of this quarter, and how the organs below stand, down to the county (R2.1, A13).

No youth's name, no order but that of the tree, and of cadres only how many: counts of fewer than five people are put
together or left out (P13, P30, K4).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.feature import features
from bot.core.reads.office import in_force
from bot.core.reads.orgs import OWING, ids_in, organ_that_owes
from bot.core.rules.five_ones import (
    NUMBER,
    ORGAN_QUOTA,
    Confirmed,
    OrganItem,
    QuotaRule,
    Slot,
    Window,
    quota_rule,
)
from bot.core.rules.paging import PAGE, pages_of
from bot.core.rules.people import Actor, CadreKind, Role
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import Published, published
from bot.core.rules.workdays import Workdays
from bot.features.five_ones.reads.progress import done_by
from bot.features.five_ones.reads.quota import QuotaContent, contents_of, waived
from bot.features.five_ones.rules.quota import USUAL, Subject
from bot.store.people import OrgUnit, RoleGrant

AT_ONCE: Final = 5_000
"""Cadres whose activities are read by one statement."""


@dataclass(frozen=True, slots=True)
class OrganLine:
    """One organ: how many works of this quarter count, wait for a confirmation, and which of the five are missing."""

    name: str
    counted: int
    waiting: int
    slots: tuple[Slot, ...]
    missing: tuple[Slot, ...]

    @property
    def enough(self) -> bool:
        """Whether the number is reached; kinds are shown beside it (A13)."""
        return self.counted >= NUMBER


@dataclass(frozen=True, slots=True)
class OrganProgress(Say):
    """``机关进度``: the own organ, then sums and one page of those below.

    ``below``: cadres who have not reached their number, by organ, where five or more stand behind a count; ``cadres``
    how many cadres there are.
    """

    template: ClassVar[str] = "five_ones/organ"
    window: Window
    own: OrganLine
    rule: QuotaContent
    days_left: int
    workdays_left: int
    organs: int
    enough: int
    lacking: tuple[tuple[Slot, int], ...]
    lines: tuple[OrganLine, ...]
    page: int
    pages: int
    cadres: int
    below: Published
    unexplained: int
    """诚信提示 of this quarter that nobody has explained: a number, of nobody (P39)."""
    number: int = NUMBER


async def organ_progress(
    session: AsyncSession, actor: Actor, workdays: Workdays, page: int, *, now: datetime
) -> OrganProgress:
    """For an admin of a leading organ; refuses ``not_an_organ``."""
    own = await organ_that_owes(session, actor)
    today = now.astimezone(SHANGHAI).date()
    window = ORGAN_QUOTA.window(today)
    rows = await session.execute(
        select(OrgUnit.id, OrgUnit.name, OrgUnit.path).where(
            OrgUnit.path.startswith(own.path, autoescape=True),
            OrgUnit.level.in_([level.value for level in OWING]),
        )
    )
    found = {row.id: row for row in rows}
    names = {org_id: row.name for org_id, row in found.items()}
    tree = sorted(found.values(), key=lambda row: [names.get(org_id, "") for org_id in ids_in(row.path)])
    content = await contents_of(session, [row.id for row in tree], {Subject.ORGAN: window})
    works = await _works(session, [row.id for row in tree], window, now)
    lines = {
        row.id: _line(row.name, works[row.id], content.get((row.id, Subject.ORGAN), QuotaContent(USUAL[Subject.ORGAN])))
        for row in tree
    }
    others = [lines[row.id] for row in tree if row.id != own.id]
    pages = pages_of(len(others), page)
    shown = others[(page - 1) * PAGE : page * PAGE]
    lacking = Counter(slot for line in others for slot in line.missing)
    cadres, below = await _cadres_below(session, own.path, names, now)
    return OrganProgress(
        window=window,
        own=lines[own.id],
        rule=content[own.id, Subject.ORGAN],
        days_left=(window.last - today).days,
        workdays_left=workdays.between(today + timedelta(days=1), window.last),
        organs=len(others),
        enough=sum(line.enough for line in others),
        lacking=tuple((slot, lacking[slot]) for slot in Slot if lacking[slot]),
        lines=tuple(shown),
        page=page,
        pages=pages,
        cadres=cadres,
        below=below,
        unexplained=await _unexplained(session, own.path, window),
    )


async def _unexplained(session: AsyncSession, path: str, window: Window) -> int:
    sources = [source.unexplained for feature in features() for source in feature.five_ones]
    return sum([await read(session, path, window) for read in sources if read is not None])


async def _works(
    session: AsyncSession, org_ids: Sequence[int], window: Window, now: datetime
) -> dict[int, list[OrganItem]]:
    found: dict[int, list[OrganItem]] = defaultdict(list)
    for feature in features():
        for source in feature.five_ones:
            if source.organ is not None:
                for item in await source.organ(session, org_ids, window, now):
                    found[item.org_id].append(item)
    return found


def _line(name: str, works: Sequence[OrganItem], content: QuotaContent) -> OrganLine:
    counted = [one for one in works if one.confirmed is Confirmed.YES]
    filled = {one.slot for one in counted}
    wanted = [Slot(slot) for slot in content.kinds]
    return OrganLine(
        name,
        len(counted),
        sum(one.confirmed is Confirmed.WAITING for one in works),
        tuple(slot for slot in wanted if slot in filled),
        tuple(slot for slot in wanted if slot not in filled),
    )


async def _cadres_below(
    session: AsyncSession, path: str, organs: dict[int, str], now: datetime
) -> tuple[int, Published]:
    """How many cadres there are within, and how many of each organ's are below their number in their own window."""
    rows = await session.execute(
        select(RoleGrant.person_id, RoleGrant.cadre_kind, OrgUnit.path)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(
            RoleGrant.role == Role.CADRE.value,
            in_force(now),
            OrgUnit.path.startswith(path, autoescape=True),
        )
        .order_by(RoleGrant.person_id, RoleGrant.id)
    )
    of: dict[QuotaRule, dict[int, int]] = defaultdict(dict)
    everybody: set[int] = set()
    for person_id, kind, org_path in rows:
        organ = next((org_id for org_id in ids_in(org_path)[::-1] if org_id in organs), None)
        if organ is not None:
            everybody.add(person_id)
            of[quota_rule(CadreKind(kind) if kind else None)].setdefault(person_id, organ)
    below: dict[str, list[int | None]] = defaultdict(list)
    counted: set[int] = set()
    for rule, cadres in of.items():
        window = rule.window(now.astimezone(SHANGHAI).date())
        for person_id in await _short(session, list(cadres), window, now):
            if person_id not in counted:
                counted.add(person_id)
                below[organs[cadres[person_id]]].append(person_id)
    return len(everybody), published(below)


async def _short(session: AsyncSession, cadre_ids: list[int], window: Window, now: datetime) -> list[int]:
    short: list[int] = []
    for start in range(0, len(cadre_ids), AT_ONCE):
        some = cadre_ids[start : start + AT_ONCE]
        done = await done_by(session, some, window, now)
        fewer = await waived(session, some, [window])
        for cadre_id in some:
            counts = sum(item.confirmed is Confirmed.YES for item in done.get(cadre_id, []))
            if counts < NUMBER - fewer.get((cadre_id, window.first, window.last), 0):
                short.append(cadre_id)
    return short
