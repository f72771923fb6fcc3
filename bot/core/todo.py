"""待办: questions that the bot has put to somebody because of their office, still unanswered (P7, P27)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import questions
from bot.core.question import Duty
from bot.core.reads.paging import first
from bot.core.reads.questions import WAITING
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem
from bot.store.delivery import Prompt
from bot.store.sealing import Vault


async def asked_of_offices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Open questions to this person: since when, never about whom."""
    count, items = 0, list[TodoItem]()
    for question in questions().values():
        duty = question.todo
        if duty is not None and actor.has(duty.role):
            mine = (Prompt.person_id == actor.person_id, Prompt.kind == question.kind)
            waiting, rows = await first(session, _open(duty).where(*mine, WAITING, Prompt.expires_at > now), most)
            count += waiting
            items += [TodoItem(duty.kind, since, due=due) for since, due in rows]
    return OpenItems(count, sorted(items, key=lambda item: item.since)[:most])


def _open(duty: Duty) -> Select[datetime, datetime | None]:
    """Since when and until when each is open, as the row that it is about says, as long as that is not done."""
    since: Any = Prompt.asked_at if duty.since is None else func.coalesce(duty.since, Prompt.asked_at)
    due: Any = null() if duty.due is None else duty.due
    statement = select(since, due).select_from(Prompt).order_by(since, Prompt.id)
    for about in {column.class_ for column in (duty.since, duty.due, duty.done) if column is not None}:
        statement = statement.outerjoin(about, about.id == Prompt.subject_id)
    return statement if duty.done is None else statement.where(duty.done.is_(None))
