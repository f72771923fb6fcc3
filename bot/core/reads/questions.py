"""待答问题: the questions that wait for an answer. One is open per account; the others are queued."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import features, questions
from bot.core.question import Asked, Asks, Question, always, ends
from bot.store.delivery import Prompt
from bot.store.sealing import Vault

PUT: Final = "open"
"""State of the one question that an account is being asked."""
IN_LINE: Final = "queued"
"""State of a question that waits for its turn."""
WAITING: Final = Prompt.state.in_((PUT, IN_LINE))
"""Open or queued: without an answer, and not expired."""
_OPEN: Final = select(Prompt).where(Prompt.account_id == bindparam("account"), Prompt.state == PUT)


def waiting(
    *kinds: Question[Any],
    subject_id: int | None = None,
    person_id: int | None = None,
    account_id: int | None = None,
    now: datetime | None = None,
    state: str = "",
) -> Select[Prompt]:
    """Questions without an answer: of these kinds, about this, to this person or account; with ``now`` only those
    whose time is not up, with ``state`` only those that are ``PUT``, or ``IN_LINE``.
    """
    where: list[ColumnElement[bool]] = [Prompt.state == state if state else WAITING]
    if kinds:
        where.append(Prompt.kind.in_([one.kind for one in kinds]))
    if subject_id is not None:
        where.append(Prompt.subject_id == subject_id)
    if person_id is not None:
        where.append(Prompt.person_id == person_id)
    if account_id is not None:
        where.append(Prompt.account_id == account_id)
    if now is not None:
        where.append(Prompt.expires_at > now)
    return select(Prompt).where(*where)


def still_waits(prompt: Prompt) -> bool:
    """Whether this row waits for an answer."""
    return prompt.state in (PUT, IN_LINE)


async def is_waiting(session: AsyncSession, *kinds: Question[Any], **about: Any) -> bool:
    """Whether any such question waits; arguments as for ``waiting``."""
    found = await session.execute(waiting(*kinds, **about).with_only_columns(Prompt.id).limit(1))
    return found.first() is not None


async def is_open(session: AsyncSession, prompt_id: int, now: datetime) -> bool:
    """Whether this question is open, as only then its words are still true."""
    asked = Prompt.id == prompt_id, Prompt.state == PUT, or_(Prompt.shown_at.is_(None), Prompt.expires_at > now)
    found = (await session.execute(select(Prompt.id).where(*asked))).first()
    return found is not None and bool(await still_asked(session, [prompt_id], now))


async def open_prompt(session: AsyncSession, account_id: int) -> Prompt | None:
    """The row of the question that an account is being asked; its time may be up."""
    found = await session.execute(_OPEN, {"account": account_id})
    return found.scalar_one_or_none()


async def open_question(session: AsyncSession, vault: Vault, account_id: int, *, now: datetime) -> Asked[Any] | None:
    """The question this account is being asked, if any; one past its time does not count."""
    return await asked_now(session, vault, await open_prompt(session, account_id), now=now)


async def asked_now(session: AsyncSession, vault: Vault, prompt: Prompt | None, *, now: datetime) -> Asked[Any] | None:
    """A question's row, opened; None when there is none, or its time is up."""
    if prompt is None or (prompt.shown_at is not None and prompt.expires_at <= now):
        return None
    return await asked(session, vault, prompt)


async def asked(session: AsyncSession, vault: Vault, prompt: Prompt) -> Asked[Any]:
    """A question's row, opened. ``data`` is None when an older version wrote it and this one cannot read it."""
    question = questions().get(prompt.kind)
    text = await vault.read(session, f"prompts:{prompt.id}:facts", prompt.facts)
    question, facts = question or unknown(prompt.kind), json.loads(text) if text else {}
    data = question.unpack(facts) if text else None
    return Asked(
        prompt.id,
        prompt.version,
        question,
        tuple(prompt.options),
        prompt.takes_text,
        prompt.person_id,
        prompt.account_id,
        prompt.subject_id,
        data,
        prompt.asked_at,
        prompt.shown_at is not None,
        by=(facts["by"][0], facts["by"][1]) if "by" in facts else None,
        remains=question.remains(facts) if data is None else None,
    )


def unknown(kind: str) -> Question[Any]:
    """A kind of question that an older version put and no feature declares now; nobody reads its data."""
    return Question(kind, Asks.ACCOUNT, version=0, silence=ends, reason=always)


def _reasons(now: datetime) -> list[ColumnElement[bool]]:
    """For each kind of question the condition under which a row of it still has a reason."""
    more = {kind: reason for feature in features() for kind, reason in feature.reasons.items()}
    told = ((one.kind, reason) for one in questions().values() for reason in (one.reason, more.get(one.kind)))
    return [or_(Prompt.kind != kind, reason(now)) for kind, reason in told if reason not in (None, always)]


async def still_asked(session: AsyncSession, ids: Collection[int], now: datetime) -> frozenset[int]:
    """Those of these waiting questions whose reason is not gone."""
    if not ids:
        return frozenset()
    rows = await session.execute(select(Prompt.id).where(Prompt.id.in_(ids), *_reasons(now)))
    return frozenset(rows.scalars())


async def out_of_reason(session: AsyncSession, now: datetime, limit: int) -> Sequence[int]:
    """Waiting questions whose reason is gone."""
    rows = await session.execute(select(Prompt.id).where(WAITING, not_(and_(true(), *_reasons(now)))).limit(limit))
    return rows.scalars().all()
