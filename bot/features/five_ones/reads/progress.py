"""进度: the five ones of a cadre's current window. Own numbers only: no name, no list, no comparison (P38, K3)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.feature import FiveOnesSource, features
from bot.core.rules.five_ones import (
    NUMBER,
    ActivityKind,
    FiveOnesItem,
    FiveOnesState,
    Window,
    five_ones,
    once_each,
    quota_rule,
)
from bot.core.rules.people import Actor, CadreKind, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.five_ones.reads.quota import QuotaContent, contents_of, waived
from bot.features.five_ones.rules.quota import USUAL, subject_of
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class CadreWindow:
    """One window of the cadre: for which organisations, as what kind of cadre and by which rule, and how it stands.

    ``waived``: so many fewer, by an organ's reasoned word.
    """

    orgs: tuple[str, ...]
    kinds_of_cadre: tuple[CadreKind, ...]
    months: int
    rule: QuotaContent
    waived: int
    state: FiveOnesState


@dataclass(frozen=True, slots=True)
class Progress(Say):
    """``进度``; ``number``: the notice's. ``possible`` are the kinds that can be entered at all."""

    template: ClassVar[str] = "five_ones/progress"
    picture: ClassVar[str] = "progress"
    windows: tuple[CadreWindow, ...]
    possible: tuple[ActivityKind, ...]
    on: date
    number: int = NUMBER


async def progress(session: AsyncSession, actor: Actor, workdays: Workdays, *, now: datetime) -> Progress:
    """How each of the actor's windows stands: one for full-time and seconded, one for part-time (R2.9, R2.10).

    A kind of cadre that changes in the middle of a window changes which window it is, and everything within that one
    counts, whatever the cadre was when it was done.
    """
    today = now.astimezone(SHANGHAI).date()
    names = await _orgs(session, actor)
    grants = [g for g in actor.grants if g.role is Role.CADRE]
    me = actor.person_id or 0
    windows: list[CadreWindow] = []
    for rule in sorted({quota_rule(g.cadre_kind) for g in grants}, key=lambda rule: rule.months):
        mine = [g for g in grants if quota_rule(g.cadre_kind) == rule]
        window = rule.window(today)
        kinds = [kind for kind in CadreKind if kind in {g.cadre_kind or CadreKind.PART_TIME for g in mine}]
        subject = subject_of(kinds[0])
        org_id = min(g.org_id for g in mine)
        content = (await contents_of(session, [org_id], {subject: window})).get((org_id, subject))
        fewer = (await waived(session, [me], [window])).get((me, window.first, window.last), 0)
        items = await done_in(session, me, window, now)
        windows.append(
            CadreWindow(
                orgs=tuple(dict.fromkeys(names[g.org_id] for g in mine if g.org_id in names)),
                kinds_of_cadre=tuple(kinds),
                months=rule.months,
                rule=content or QuotaContent(USUAL[subject]),
                waived=fewer,
                state=five_ones(rule, items, today, workdays, waived=fewer),
            )
        )
    possible = frozenset[ActivityKind]().union(*(source.kinds for source in sources()))
    return Progress(tuple(windows), tuple(kind for kind in ActivityKind if kind in possible), today)


async def one_of(session: AsyncSession, vault: Vault, actor: Actor, ref: Ref, now: datetime) -> Say:
    """``进度 <A>``: how one thing stands, as its source says."""
    for source in sources():
        if source.one is not None and source.one[0] == ref.letter:
            return await source.one[1](session, vault, actor, ref.number, now)
    raise NotFound


def sources() -> Iterable[FiveOnesSource]:
    """Every feature that tells of what was done."""
    return (source for feature in features() for source in feature.five_ones)


async def done_in(session: AsyncSession, cadre_id: int, window: Window, now: datetime) -> list[FiveOnesItem]:
    """Everything a cadre did in a window, from every source; each real thing once."""
    return (await done_by(session, [cadre_id], window, now)).get(cadre_id, [])


async def done_by(
    session: AsyncSession, cadre_ids: Collection[int], window: Window, now: datetime
) -> dict[int, list[FiveOnesItem]]:
    """The same for many cadres at once, by cadre."""
    found: dict[int, list[FiveOnesItem]] = defaultdict(list)
    for source in sources():
        for cadre_id, items in (await source.read(session, cadre_ids, window, now)).items():
            found[cadre_id] += items
    return {cadre_id: once_each(items) for cadre_id, items in found.items()}


async def _orgs(session: AsyncSession, actor: Actor) -> dict[int, str]:
    rows = await session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(actor.orgs(Role.CADRE))))
    return {row.id: row.name for row in rows}
