"""Due work: plain coroutines that take ``now``; each may be killed anywhere and run again (P20, P27, section 7)."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from loguru import logger
from sqlalchemy import select

from bot.core.acts.crisis_call import due_crises, tick_crisis
from bot.core.acts.prompt import QuestionOutdated, close_question, put_next
from bot.core.each import each
from bot.core.question import Asked
from bot.core.reads.questions import WAITING, asked
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.anonymous.ticks import tick_anonymous
from bot.features.consultation.ticks import tick_consultations
from bot.features.pool.rules.pool import PoolRules
from bot.features.pool.ticks import PoolTicks
from bot.features.relay.ticks import tick_relays
from bot.features.rights.acts.expire import EXPIRIES, done_today, expire_kind
from bot.features.rights.acts.request import remind_overdue
from bot.features.rights.tables import Download
from bot.features.talk.ticks import tick_talks
from bot.features.voice.ticks import tick_voices
from bot.features.wish.ticks import EVERY, tick_wishes
from bot.store import outbox
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.store import BATCH, Store
from bot.store.unit import Unit

Tick = Callable[[datetime], Awaitable[object]]

MANY: Final = 200
"""Items one tick looks at; the next one, 20 seconds later, takes the rest."""
WARN_EVERY: Final = timedelta(days=7)
"""An operator who has read a warning need not read it every day."""
EXPIRY_FROM: Final = time(3, 0)
"""Local time from which the daily expiry runs: when the fewest people write."""


def all_ticks(
    store: Store,
    periods: RetentionPeriods | None = None,
    *,
    workdays: Workdays | None = None,
    anonymous: AnonymousRules | None = None,
    pools: PoolRules | None = None,
) -> dict[str, Tick]:
    """Every tick by its name, for the runner."""
    kept = periods or RetentionPeriods()
    days = workdays or Workdays()
    strict = anonymous or AnonymousRules()
    ended: set[date] = set()
    looked: list[datetime] = []
    warned: set[date] = set()

    async def crises(now: datetime) -> int:
        return await tick_crises(store, now)

    async def outgoing(now: datetime) -> int:
        return await tick_outbox(store, now)

    async def questions(now: datetime) -> int:
        return await tick_questions(store, now)

    async def talks(now: datetime) -> int:
        return await tick_talks(store, now)

    async def relays(now: datetime) -> int:
        return await tick_relays(store, now)

    async def voices(now: datetime) -> int:
        return await tick_voices(store, now, days)

    async def wishes(now: datetime) -> int:
        if looked and timedelta() <= now - looked[0] < EVERY:
            return 0
        looked[:] = [now]
        return await tick_wishes(store, now, days)

    async def nameless(now: datetime) -> int:
        return await tick_anonymous(store, now, strict, days)

    async def consultations(now: datetime) -> int:
        return await tick_consultations(store, now, days)

    async def downloads(now: datetime) -> int:
        return await tick_downloads(store, now, kept)

    async def requests(now: datetime) -> int:
        return await tick_requests(store, now)

    async def expiry(now: datetime) -> int:
        if now.date() in ended or now.time() < EXPIRY_FROM:
            return 0
        removed = await tick_retention(store, now, kept)
        ended.clear()
        ended.add(now.date())
        return removed

    async def calendar(now: datetime) -> int | None:
        if warned and now.date() - max(warned) < WARN_EVERY:
            return None
        year = warn_of_missing_year(days, now)
        if year is not None:
            warned.add(now.date())
        return year

    return {
        "crises": crises,
        "talks": talks,
        "relays": relays,
        "voices": voices,
        "consultations": consultations,
        "anonymous": nameless,
        "wishes": wishes,
        "pools": PoolTicks(store, pools or PoolRules(), days),
        "outbox": outgoing,
        "questions": questions,
        "downloads": downloads,
        "requests": requests,
        "retention": expiry,
        "calendar": calendar,
    }


def warn_of_missing_year(workdays: Workdays, now: datetime) -> int | None:
    """Tell the operator, not the cadres, that a year is only worked out (requirements 7.3); the year, or None."""
    year = workdays.missing_year(now.date())
    if year is not None:
        logger.warning("no official workdays of {} yet: estimated; update, or enter them in workdays.csv", year)
    return year


async def tick_crises(store: Store, now: datetime) -> int:
    """Remind, pass up and end crises, one a transaction, at any hour."""
    async with store.read() as session:
        due = await due_crises(session, now=now, limit=MANY)
    return await each(store, now, due, tick_crisis, "crisis")


async def tick_questions(store: Store, now: datetime) -> int:
    """Close questions past their time, one a transaction, and let silence mean what the feature says."""
    async with store.read() as session:
        rows = await session.execute(
            select(Prompt.id).where(WAITING, Prompt.expires_at <= now).order_by(Prompt.expires_at).limit(MANY)
        )
        due = rows.scalars().all()
    closed = 0
    for question_id in due:
        try:
            async with store.unit(now=now) as unit:
                closed += await _close(unit, question_id)
        except Exception as error:  # one that fails must not keep the others waiting
            logger.opt(exception=error).error("an expired question could not be closed")
    return closed


async def _close(unit: Unit, question_id: int) -> bool:
    prompt = await unit.session.get(Prompt, question_id)
    if prompt is None or prompt.expires_at > unit.now:
        return False
    question = await asked(unit.session, unit.vault, prompt)
    if not await close_question(unit, question, state="expired"):
        return False
    meaning = question.question.silence if question.data is not None else _tell_outdated
    if meaning is not None and await unit.session.get(Person, question.person_id) is not None:
        await meaning(unit, question)
    await put_next(unit, question.account_id)
    return True


async def _tell_outdated(unit: Unit, question: Asked[Any]) -> None:
    """What an older version asked and this one cannot read ends with a word, not in silence."""
    await unit.push_person(question.person_id, QuestionOutdated(), cls="L")


async def tick_outbox(store: Store, now: datetime) -> int:
    """Messages past their time end visibly."""
    async with store.unit(now=now) as unit:
        return await outbox.expire(unit.session, now=now)


async def tick_downloads(store: Store, now: datetime, periods: RetentionPeriods) -> int:
    """Files that nobody fetched within their 15 minutes go at once, not only in the night."""
    async with store.read() as session:
        due = await session.scalar(select(Download.id).where(Download.expires_at <= now).limit(1))
    if due is None:
        return 0
    async with store.unit(now=now) as unit:
        return (await expire_kind(unit, "downloads", periods))[0]


async def tick_requests(store: Store, now: datetime) -> int:
    """Data requests past their due date are told to those responsible, once."""
    async with store.unit(now=now) as unit:
        return await remind_overdue(unit, limit=MANY)


async def tick_retention(store: Store, now: datetime, periods: RetentionPeriods) -> int:
    """The daily expiry: each kind in batches of its own transactions, until nothing is due; proven by rows."""
    async with store.read() as session:
        if await done_today(session, now.date()):
            return 0
    removed = 0
    for kind in EXPIRIES:
        more = True
        while more:
            async with store.unit(now=now, priority=BATCH) as unit:
                gone, more = await expire_kind(unit, kind, periods)
                removed += gone
    return removed
