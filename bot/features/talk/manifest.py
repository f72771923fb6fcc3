"""谈心谈话 Talks, as a feature."""

from bot.core.feature import Expiry, Feature, FiveOnesSource, Times, TodoSource
from bot.core.rules.five_ones import ActivityKind
from bot.features.talk.acts.close import AMEND, CO_SIGN
from bot.features.talk.acts.note import NOTE, NOTE_AGAIN, NOTE_SENSITIVE
from bot.features.talk.acts.take_back import expire_messages, expire_notes, expire_talks
from bot.features.talk.five_ones import talks
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.features.talk.ticks import TICKS
from bot.features.talk.todo import waiting_for_answer, waiting_for_co_signing, waiting_for_notes

FEATURE = Feature(
    name="talk",
    letters={"T": "talk"},
    tables=(
        Gap,
        Talk,
        TalkMessage,
        TalkPart,
    ),
    questions=(
        AMEND,
        CO_SIGN,
        NOTE,
        NOTE_AGAIN,
        NOTE_SENSITIVE,
    ),
    todo=(
        TodoSource(waiting_for_notes),
        TodoSource(waiting_for_co_signing),
        TodoSource(waiting_for_answer),
    ),
    five_ones=(FiveOnesSource(frozenset({ActivityKind.TALK}), talks),),
    ticks=TICKS,
    expiries=(
        Expiry("original_messages", expire_messages),
        Expiry("talk_notes", expire_notes),
        Expiry("talks", expire_talks),
    ),
    times=Times(
        past=(
            *(Talk.opened_at, Talk.closed_at, Talk.last_activity_at, Talk.last_notice_at, TalkPart.asked_at),
            *(Gap.from_at, Gap.to_at, Gap.told_at),
        )
    ),
)
