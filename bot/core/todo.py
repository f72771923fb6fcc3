"""待办: questions that the bot has put to somebody because of their office, still unanswered (P7, P27)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.crisis_call import FOLLOW_UP
from bot.core.feature import questions
from bot.core.question import Question
from bot.core.reads.paging import first
from bot.core.reads.questions import WAITING
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem
from bot.core.tables import Crisis
from bot.store.delivery import Prompt
from bot.store.sealing import Vault


async def asked_of_offices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Open questions to this person: since when, never about whom."""
    count, items = 0, list[TodoItem]()
    for question in questions().values():
        if question.todo is not None and actor.has(question.todo[1]):
            kind = question.todo[0]
            waiting, rows = await first(session, _waiting(actor, question, now), most)
            count += waiting
            items += [TodoItem(kind, since, due=due) for since, due in rows]
    return OpenItems(count, sorted(items, key=lambda item: item.since)[:most])


def _waiting(actor: Actor, question: Question, now: datetime) -> Select[datetime, datetime | None]:
    """Since when and until when each is open; a call for help since it came, and only as long as it is open."""
    since = Prompt.asked_at
    due: Any = null() if question.due is None else question.due
    if question.kind == FOLLOW_UP.kind:
        since = func.coalesce(Crisis.opened_at, Prompt.asked_at)
    statement = select(since, due).select_from(Prompt)
    if question.due is not None:
        subject = question.due.class_
        statement = statement.outerjoin(subject, subject.id == Prompt.subject_id)
    if question.kind == FOLLOW_UP.kind:
        statement = statement.where(Crisis.closed_at.is_(None))
    mine = (Prompt.person_id == actor.person_id, Prompt.kind == question.kind)
    return statement.where(*mine, WAITING, Prompt.expires_at > now).order_by(since, Prompt.id)
