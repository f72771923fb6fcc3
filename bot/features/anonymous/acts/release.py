"""匿名留言 come out: in batches and in random order, so that when one is seen says nothing of when it was written.

A batch is settled an hour before it is released, once (a row of settings says which one); what was settled is then
released organ by organ, each in its own transaction, until nothing settled is left. Killed anywhere it goes on.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.duty import holders_at, nearest_holders, org_name
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.acts.pick_up import carry_out_word
from bot.features.anonymous.reads.anonymous import Recipient
from bot.features.anonymous.rules.anonymous import (
    AnonymousRules,
    AnonymousState,
    AuthorsWord,
    batch_to_close,
    comes_out_at,
    released_now,
    week_of,
)
from bot.features.anonymous.tables import (
    TEXT_BYTES,
    AnonymousVoice,
    alone,
    code_hash_out,
    new_voice_key,
    place_of,
    shuffled,
)
from bot.store.delivery import Setting
from bot.store.dialect import core
from bot.store.outbox import Sending
from bot.store.refs import new_ref
from bot.store.sealing import key_of
from bot.store.unit import Unit

BATCH: Final = "anonymous.batch"
"""Which batch was settled last, and when."""
WAITING: Final = AnonymousState.WAITING.value
WORKDAY_BEGINS: Final = time(9)
"""When what came out on a rest day is told (requirements 7.6)."""


@dataclass(frozen=True, slots=True)
class AnonymousReleased(Say):
    """To the organ's admins: what came out with this batch, and which came back because they did not solve it."""

    template: ClassVar[str] = "anonymous/released"
    org: str
    refs: tuple[int, ...]
    back: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnonymousAlarm(Say):
    """To those on duty: an urgent one, seen at once with its writer's knowledge. Who it is nobody knows."""

    template: ClassVar[str] = "anonymous/alarm"
    org: str
    ref: int


async def batch_to_settle(session: AsyncSession, look: Look) -> list[datetime]:
    """The batch that is near, unless somebody has settled it."""
    batch = batch_to_close(look.now, look.installation.of(AnonymousRules))
    if batch is None:
        return []
    settled = await session.get(Setting, BATCH)
    return [batch] if settled is None or settled.value != batch.isoformat() else []


async def settle_batch(unit: Unit, batch: datetime, look: Look) -> int:
    """Mark what comes out with the batch that is near, once; what arrives from now on waits for the next one."""
    rules = look.installation.of(AnonymousRules)
    await alone(unit.session)
    if await batch_to_settle(unit.session, look) != [batch]:
        return 0
    await unit.session.merge(Setting(name=BATCH, value=batch.isoformat(), at=unit.now))
    rows = await unit.session.execute(
        select(AnonymousVoice.key, AnonymousVoice.org_id, AnonymousVoice.week).where(AnonymousVoice.state == WAITING)
    )
    units: dict[int, list[Any]] = {}
    for row in rows:
        units.setdefault(row.org_id, []).append(row)
    keys = [
        waiting[place].key
        for waiting in units.values()
        for place in released_now([row.week for row in waiting], unit.now.date(), rules)
    ]
    await _mark(unit, AnonymousVoice.key.in_(keys), cut=True)
    await _mark(unit, AnonymousVoice.said.is_not(None), cut=True)
    return len(keys)


async def _mark(unit: Unit, which: Any, *, cut: bool) -> None:
    await unit.session.execute(
        update(AnonymousVoice).where(which).values(cut=cut).execution_options(synchronize_session=False)
    )


async def units_to_release(session: AsyncSession, look: Look) -> list[int]:
    """Organs with something settled whose time has come."""
    rules = look.installation.of(AnonymousRules)
    settled = await session.get(Setting, BATCH)
    if settled is None or look.now < comes_out_at(datetime.fromisoformat(settled.value), settled.at, rules):
        return []
    rows = await session.execute(select(AnonymousVoice.org_id).where(AnonymousVoice.cut).distinct())
    return list(rows.scalars())


async def release_unit(unit: Unit, org_id: int, look: Look) -> int:
    """Bring out what was settled for one organ, in random order; returns how many became visible.

    Whoever deleted theirs since then may have left too few: those wait on.
    """
    rules = look.installation.of(AnonymousRules)
    await alone(unit.session)
    table = core(AnonymousVoice)
    found = await unit.session.execute(select(table).where(table.c.org_id == org_id, table.c.cut))
    rows = [dict(row) for row in found.mappings()]
    waiting = [row for row in rows if row["state"] == WAITING]
    chosen = [waiting[place] for place in released_now([row["week"] for row in waiting], unit.now.date(), rules)]
    await _mark(unit, AnonymousVoice.org_id == org_id, cut=False)
    refs: list[int] = []
    back: list[int] = []
    out = shuffled(chosen)
    await unit.session.execute(delete(table).where(table.c.key.in_([row["key"] for row in out])))
    for row in out:
        refs.append(await _bring_out(unit, row))
    for row in shuffled([row for row in rows if row["said"] is not None]):
        returned = await carry_out_word(unit, row["key"], AuthorsWord(row["said"]))
        back += [returned] if returned is not None else []
    if refs or back:
        await _tell(unit, org_id, tuple(sorted(refs)), tuple(sorted(back)), look.workdays)
    unit.erased = True
    return len(refs)


async def _bring_out(unit: Unit, row: dict[str, Any]) -> int:
    """Put one row back as one that is out; its reference and its audit row are made now, not when it was written."""
    ref, today = await new_ref(unit, "V"), unit.now.date()
    row = await _anew(unit, row)
    change = {"state": AnonymousState.OPEN.value, "ref": ref, "cut": False, "week": week_of(today)}
    days = {"released_on": today, "held_since": today}
    await unit.session.execute(insert(core(AnonymousVoice)), [{**row, **change, **days}])
    await unit.audit(None, "anonymous.released", role="system", ref=f"V{ref}")
    return ref


async def _anew(unit: Unit, row: dict[str, Any]) -> dict[str, Any]:
    """The same voice with nothing by which somebody who saw it wait, but has no keys, would know it again."""
    key, hashed, sealed = new_voice_key(), row["code_hash"], row["text"]
    words = await unit.open(place_of(row["key"], "text"), sealed)
    if words is None:
        return row
    text = await unit.seal(key_of(sealed), place_of(key, "text"), words, least=TEXT_BYTES)
    return {**row, "key": key, "code_hash": code_hash_out(unit.vault, hashed), "text": text}


async def release_urgent(unit: Unit, key: bytes, to: Recipient) -> None:
    """Bring one out at once, to those on duty; where nobody is, to the organ's admins (P23, P27)."""
    table = core(AnonymousVoice)
    gone = await unit.session.execute(delete(table).where(table.c.key == key).returning(*table.c))
    ref = await _bring_out(unit, dict(gone.mappings().one()))
    duty = await nearest_holders(unit.session, to.org_id, Role.DUTY_OFFICER, now=unit.now)
    admins = await holders_at(unit.session, to.org_id, Role.ORGAN_ADMIN, now=unit.now)
    for person_id in duty.people if duty is not None else admins:
        await unit.push_person(person_id, AnonymousAlarm(to.name, ref), cls="L", kind="alert", priority=0)


async def _tell(unit: Unit, org_id: int, refs: tuple[int, ...], back: tuple[int, ...], workdays: Workdays) -> None:
    say = AnonymousReleased(await org_name(unit.session, org_id), refs, back)
    for person_id in await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
        await unit.push_person(person_id, say, **waits_for_work(unit.now, workdays))


def waits_for_work(now: datetime, workdays: Workdays) -> Sending:
    """What may be missed and need not be known on a rest day: the next workday's morning (requirements 7.6)."""
    if workdays.is_workday(now.date()):
        return {"cls": "O"}
    then = datetime.combine(workdays.after(now.date(), 1), WORKDAY_BEGINS, now.tzinfo)
    return {"cls": "O", "not_before": then, "expires_at": then.replace(hour=21)}
