"""免除, 恢复要求: an organ admin's reasoned waiver for one cadre's window, and its end; the cadre hears both (P40)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import delete, select, update

from bot.clock import SHANGHAI
from bot.core.person_data import Erasing
from bot.core.reads.office import in_force
from bot.core.reads.officers import Officer, named, officers
from bot.core.reads.orgs import Organ, organs_of
from bot.core.rules.five_ones import Window, quota_rule
from bot.core.rules.people import Actor, CadreKind, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.five_ones.reads.waivers import place_of
from bot.features.five_ones.rules.waiver import WaiverNotFound, WaiverOwn, read_waiver
from bot.features.five_ones.tables import QuotaWaiver
from bot.store.base import new_id
from bot.store.people import OrgUnit, RoleGrant
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class WaiverGiven(Say):
    """To the organ: so many fewer in these windows; ``told``: whether the cadre could be told."""

    template: ClassVar[str] = "five_ones/waiver_given"
    name: str = field(repr=False)
    windows: tuple[Window, ...]
    fewer: int
    told: bool


@dataclass(frozen=True, slots=True)
class WaiverUndone(Say):
    """To the organ: the notice's number holds again."""

    template: ClassVar[str] = "five_ones/waiver_undone"
    name: str = field(repr=False)
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class WaiverTold(Say):
    """To the cadre: what is waived and why, or that it no longer is (``undone``)."""

    template: ClassVar[str] = "five_ones/waiver_told"
    windows: tuple[Window, ...]
    fewer: int
    reason: str = field(repr=False)
    by: str
    undone: bool = False


async def waive(unit: Unit, actor: Actor, text: str) -> WaiverGiven:
    """``免除 <姓名> [N次] <缘由>``: the windows of today of one cadre, own or below; a later one replaces it."""
    words = read_waiver(text)
    one, organ = await _meant(unit, actor, words.name)
    windows = await _windows(unit, one.person_id, organ)
    await _end(unit, one.person_id, windows)
    org = await unit.session.get_one(OrgUnit, organ.id)
    for window in windows:
        waiver_id = new_id()
        unit.session.add(
            QuotaWaiver(
                id=waiver_id,
                cadre_id=one.person_id,
                org_id=organ.id,
                first_day=window.first,
                last_day=window.last,
                fewer=words.fewer,
                reason=await unit.seal(org.key_id, place_of(waiver_id), words.reason),
                given_by=actor.person_id,
                given_at=unit.now,
            )
        )
    await unit.session.flush()
    role = Role.ORGAN_ADMIN
    await unit.audit(actor, "quota.waived", role=role, subject_id=one.person_id, fewer=words.fewer)
    told = await unit.push_person(one.person_id, WaiverTold(windows, words.fewer, words.reason, org.name))
    return WaiverGiven(one.name, windows, words.fewer, told)


async def undo_waiver(unit: Unit, actor: Actor, name: str) -> WaiverUndone:
    """``恢复要求 <姓名>``."""
    one, organ = await _meant(unit, actor, name)
    windows = await _end(unit, one.person_id, await _windows(unit, one.person_id, organ))
    if not windows:
        raise WaiverNotFound
    await unit.audit(actor, "quota.waiver_undone", role=Role.ORGAN_ADMIN, subject_id=one.person_id)
    org = await unit.session.get_one(OrgUnit, organ.id)
    await unit.push_person(one.person_id, WaiverTold(windows, 0, "", org.name, undone=True))
    return WaiverUndone(one.name, windows)


async def _meant(unit: Unit, actor: Actor, name: str) -> tuple[Officer, Organ]:
    """A cadre of the own organ or below, and the nearest of the actor's organs; nobody decides about themselves."""
    organs = await organs_of(unit.session, actor)
    paths = [organ.path for organ in organs]
    one = named(await officers(unit.session, unit.vault, paths, (Role.CADRE,), now=unit.now), name)
    if one.person_id == actor.person_id:
        raise WaiverOwn
    path = (await unit.session.get_one(OrgUnit, one.org_id)).path
    return one, max((organ for organ in organs if path.startswith(organ.path)), key=lambda organ: len(organ.path))


async def _windows(unit: Unit, cadre_id: int, organ: Organ) -> tuple[Window, ...]:
    """The windows that the cadre is in today by the kinds they serve as within this organ's tree."""
    rows = await unit.session.execute(
        select(RoleGrant.cadre_kind)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(
            RoleGrant.person_id == cadre_id,
            RoleGrant.role == Role.CADRE.value,
            in_force(unit.now),
            OrgUnit.path.startswith(organ.path, autoescape=True),
        )
    )
    today = unit.now.astimezone(SHANGHAI).date()
    rules = {quota_rule(CadreKind(kind) if kind else None) for kind in rows.scalars()}
    return tuple(rule.window(today) for rule in sorted(rules, key=lambda rule: rule.months))


async def _end(unit: Unit, cadre_id: int, windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """End what is waived in these windows; which of them had something."""
    ended: list[Window] = []
    for window in windows:
        done = await unit.session.execute(
            update(QuotaWaiver)
            .where(
                QuotaWaiver.cadre_id == cadre_id,
                QuotaWaiver.first_day == window.first,
                QuotaWaiver.last_day == window.last,
                QuotaWaiver.undone_at.is_(None),
            )
            .values(undone_at=unit.now)
            .returning(QuotaWaiver.id)
        )
        if done.all():
            ended.append(window)
    return tuple(ended)


async def forget_waivers(going: Erasing) -> None:
    """What was waived for somebody who erases their data, unless the organisation's roster keeps them."""
    if not going.youth_only:
        mine = QuotaWaiver.cadre_id == going.person_id
        await going.unit.session.execute(delete(QuotaWaiver).where(mine))


async def expire_waivers(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Three years after the end of their window; one batch, how many."""
    before = (unit.now - periods.activity_figures).astimezone(SHANGHAI).date() - timedelta(days=1)
    rows = await unit.session.execute(
        select(QuotaWaiver.id).where(QuotaWaiver.last_day < before).order_by(QuotaWaiver.last_day).limit(limit)
    )
    ids = rows.scalars().all()
    await unit.session.execute(delete(QuotaWaiver).where(QuotaWaiver.id.in_(ids)))
    return len(ids)
