"""Times from a future that never came: what was written while the clock was ahead is set right (reliability section 7).

Else a message queued at a wrong "in ten years" would wait for ten years, a question would stay open as long, and a call
for help would never be called late.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from loguru import logger
from sqlalchemy import BigInteger, ColumnElement, CursorResult, true, type_coerce, update
from sqlalchemy.orm import InstrumentedAttribute

from bot.clock import MOST_APART
from bot.core.rules.bind import CODE_LIFE
from bot.core.rules.crisis import CRISIS_CLOCK
from bot.core.tables import Consent, ConsentRefusal, Crisis
from bot.features.consultation.tables import Consultation
from bot.features.relay.tables import Relay, RelayBlock
from bot.features.resource.tables import Resource
from bot.features.rights.acts.download import DOWNLOAD_LIFE
from bot.features.rights.tables import Download, RetentionRun, RightsRequest
from bot.features.talk.tables import Gap, Talk, TalkPart
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.base import Base, to_millis
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import Account, BindAttempt, BindCode, Person, RoleGrant
from bot.store.store import Store
from bot.store.unit import Unit

Column = InstrumentedAttribute[Any]
RETRY: Final = timedelta(minutes=5)
"""No message waits longer than this for its next try after one that told an error."""
WAITS: Final = OutboxMessage.state.in_(("ready", "unknown"))

SHIFTED: Final[Sequence[tuple[Column, Sequence[Column], ColumnElement[bool]]]] = (
    (OutboxMessage.created_at, (OutboxMessage.not_before, OutboxMessage.expires_at), WAITS),
    (Prompt.asked_at, (Prompt.expires_at,), Prompt.state.in_(("open", "queued"))),
    (RightsRequest.asked_at, (RightsRequest.due_at,), RightsRequest.done_at.is_(None)),
    (Relay.asked_at, (Relay.expires_at, Relay.due_at), true()),
    (Consultation.asked_at, (Consultation.ends_at,), Consultation.closed_at.is_(None)),
)
"""When a thing began, and its other times, which keep their distance: they move back together."""
CAPPED: Final[Sequence[tuple[Column, timedelta, ColumnElement[bool]]]] = (
    (OutboxMessage.not_before, RETRY, WAITS & OutboxMessage.error.is_not(None)),
    (Crisis.due_at, CRISIS_CLOCK, Crisis.closed_at.is_(None)),
    (Download.expires_at, DOWNLOAD_LIFE, true()),
    (BindCode.expires_at, CODE_LIFE, true()),
)
"""Times that can lie at most so far ahead."""
PAST: Final[Sequence[Column]] = (
    *(Person.created_at, Account.bound_at, BindCode.used_at, BindAttempt.at, RoleGrant.since),
    *(Chat.linked_at, Chat.unlinked_at, ChatHost.since, Contact.since, Contact.last_contact_at, Contact.ended_at),
    *(Consent.given_at, Consent.withdrawn_at, ConsentRefusal.at, RightsRequest.done_at, RetentionRun.ran_at),
    *(Crisis.opened_at, Crisis.reminded_at, Crisis.closed_at),
    *(Talk.opened_at, Talk.closed_at, Talk.last_activity_at, Talk.last_notice_at, TalkPart.asked_at),
    *(Gap.from_at, Gap.to_at, Gap.told_at),
    *(Voice.said_at, Voice.held_since, Voice.first_answer_at, Voice.answered_at, Voice.reminded_at),
    *(Voice.told_above_at, Voice.closed_at, VoiceAnswer.at, Escalation.at),
    *(Consultation.reminded_at, Consultation.closed_at, Relay.opened_at, Relay.last_word_at, RelayBlock.at),
    *(Wish.made_at, Wish.pooled_at, Wish.waiting_since, Wish.pool_asked_at, Wish.share_asked_at, Wish.claimed_at),
    *(Wish.noticed_at, Wish.asked_at, Wish.reminded_at, Wish.closed_at),
    *(Resource.offered_at, ResourceMatch.asked_at, ResourceMatch.settled_at),
    *(OutboxMessage.sent_at,),
)
"""Times that cannot lie ahead at all, also of what is over: it would be kept for ten years (P5). Every time of every
table stands in one of these lists, or in the test that looks for it."""


async def mend_times(store: Store, now: datetime) -> int:
    """Set right every time that lies in an impossible future; returns how many. The audit log stays as it was."""
    async with store.unit(now=now) as unit:
        mended = sum([await _shift(unit, *rule) for rule in SHIFTED])
        mended += sum([await _cap(unit, *rule) for rule in CAPPED])
        mended += sum([await _cap(unit, column, timedelta(), true()) for column in PAST])
    if mended:
        logger.warning("{} times from a future that never came were set right", mended)
    return mended


async def _shift(unit: Unit, begun: Column, others: Sequence[Column], which: ColumnElement[bool]) -> int:
    start = type_coerce(begun, BigInteger)
    values = {one: type_coerce(one, BigInteger) - start + to_millis(unit.now) for one in others}
    return await _write(unit, begun, {**values, begun: unit.now}, (begun > unit.now + MOST_APART) & which)


async def _cap(unit: Unit, column: Column, ahead: timedelta, which: ColumnElement[bool]) -> int:
    """Not later than so far from now; a row that two of these rules touch counts twice."""
    most = unit.now + ahead
    return await _write(unit, column, {column: most}, (column > most + MOST_APART) & which)


async def _write(unit: Unit, column: Column, values: dict[Column, Any], where: ColumnElement[bool]) -> int:
    table = cast("type[Base]", column.class_)
    done = await unit.session.execute(
        update(table).where(where).values(values).execution_options(synchronize_session=False)
    )
    return done.rowcount if isinstance(done, CursorResult) else 0
