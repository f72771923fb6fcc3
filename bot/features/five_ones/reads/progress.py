"""进度: the five ones of a cadre's current window. Own numbers only: no name, no list, no comparison (P38, K3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.feature import FiveOnesSource, features
from bot.core.rules.five_ones import ActivityKind, FiveOnesItem, FiveOnesState, Window, five_ones, once_each, quota_rule
from bot.core.rules.people import Actor, CadreKind, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class CadreWindow:
    """One window of the cadre: for which organisations and as what kind of cadre, and how it stands."""

    orgs: tuple[str, ...]
    kinds_of_cadre: tuple[CadreKind, ...]
    months: int
    state: FiveOnesState


@dataclass(frozen=True, slots=True)
class Progress(Say):
    """``进度``; ``possible`` are the kinds that can be entered at all."""

    template: ClassVar[str] = "five_ones/progress"
    windows: tuple[CadreWindow, ...]
    possible: tuple[ActivityKind, ...]


async def progress(session: AsyncSession, actor: Actor, workdays: Workdays, *, now: datetime, least: int) -> Progress:
    """How each of the actor's windows stands: one for full-time and seconded, one for part-time (R2.9, R2.10)."""
    today = now.astimezone(SHANGHAI).date()
    names = await _orgs(session, actor)
    grants = [g for g in actor.grants if g.role is Role.CADRE]
    windows: list[CadreWindow] = []
    for rule in dict.fromkeys(quota_rule(g.cadre_kind, least) for g in grants):
        mine = [g for g in grants if quota_rule(g.cadre_kind, least) == rule]
        items = await done_in(session, actor.person_id or 0, rule.window(today), now)
        windows.append(
            CadreWindow(
                orgs=tuple(dict.fromkeys(names[g.org_id] for g in mine if g.org_id in names)),
                kinds_of_cadre=tuple(
                    kind for kind in CadreKind if kind in {g.cadre_kind or CadreKind.PART_TIME for g in mine}
                ),
                months=rule.months,
                state=five_ones(rule, items, today, workdays),
            )
        )
    windows.sort(key=lambda window: window.months)
    possible = frozenset[ActivityKind]().union(*(source.kinds for source in _sources()))
    return Progress(tuple(windows), tuple(kind for kind in ActivityKind if kind in possible))


async def one_of(session: AsyncSession, vault: Vault, actor: Actor, ref: Ref, now: datetime) -> Say:
    """``进度 <A>``: how one thing stands, as its source says."""
    for source in _sources():
        if source.one is not None and source.one[0] == ref.letter:
            return await source.one[1](session, vault, actor, ref.number, now)
    raise NotFound


def _sources() -> Iterable[FiveOnesSource]:
    return (source for feature in features() for source in feature.five_ones)


async def done_in(session: AsyncSession, cadre_id: int, window: Window, now: datetime) -> list[FiveOnesItem]:
    """Everything a cadre did in a window, from every source; each real thing once."""
    return once_each([item for source in _sources() for item in await source.read(session, cadre_id, window, now)])


async def _orgs(session: AsyncSession, actor: Actor) -> dict[int, str]:
    rows = await session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(actor.orgs(Role.CADRE))))
    return {row.id: row.name for row in rows}


__all__ = ["Progress", "done_in", "one_of", "progress"]
