"""待答问题 past their time: closed one a transaction, and what silence means then."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from loguru import logger
from sqlalchemy import select

from bot.core.acts.consent import unanswered
from bot.core.acts.join_answers import age_unanswered
from bot.core.acts.prompt import Asked, asked, close_question, put_next
from bot.core.feature import MANY
from bot.features.anonymous.acts.draft import DRAFTS, draft_silent
from bot.features.pool.acts.ask_owner import POOL, POOL_TEXT, pool_silent
from bot.features.pool.acts.enter import ALONG, along_silent
from bot.features.relay.acts.answer import later_silent
from bot.features.relay.acts.end import LATER
from bot.features.resource.acts.answer_match import match_silent
from bot.features.resource.acts.balance import MATCH, OFFER
from bot.features.talk.acts.take_back import QUESTIONS, silence
from bot.features.voice.acts.ask_first import BEFORE
from bot.features.voice.acts.escalate import up_silent
from bot.features.voice.acts.make import before_silent
from bot.features.voice.acts.transition import UP, UP_NAMELESS
from bot.features.wish.acts.suggest import SUGGESTED, suggestion_silent
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.store import Store
from bot.store.unit import Unit

Silence = Callable[[Unit, Asked], Awaitable[object]]

SILENCES: Final[Mapping[str, Silence]] = {
    **dict.fromkeys(QUESTIONS, silence),
    "consent.scope": unanswered,
    "consent.second": unanswered,
    "join.age": age_unanswered,
    LATER: later_silent,
    **dict.fromkeys(DRAFTS, draft_silent),
    SUGGESTED: suggestion_silent,
    **dict.fromkeys((POOL, POOL_TEXT), pool_silent),
    ALONG: along_silent,
    **dict.fromkeys((MATCH, OFFER), match_silent),
    **dict.fromkeys(BEFORE, before_silent),
    **dict.fromkeys((UP, UP_NAMELESS), up_silent),
}
"""What silence means, by kind of question; every other question just ends."""


async def tick_questions(store: Store, now: datetime) -> int:
    """Close questions past their time, one a transaction, and let silence mean what the feature says."""
    async with store.read() as session:
        rows = await session.execute(
            select(Prompt.id)
            .where(Prompt.state.in_(("open", "queued")), Prompt.expires_at <= now)
            .order_by(Prompt.expires_at)
            .limit(MANY)
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
    meaning = SILENCES.get(question.kind)
    if meaning is not None and await unit.session.get(Person, question.person_id) is not None:
        await meaning(unit, question)
    await put_next(unit, question.account_id)
    return True
