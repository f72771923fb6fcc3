"""谈心谈话 Talks, as a feature."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_

from bot.core.acts.consent import QUESTION as SCOPE
from bot.core.acts.consent import SECOND
from bot.core.events import AccountGone, HostLeaving, LinkEnding, OfficeEnded, WithdrawnWhileAway
from bot.core.feature import Expiry, Feature, FiveOnesSource, Heard, Reaction, Standing, Times, TodoSource
from bot.core.person_data import Erasure, HeldCount, Section, Stage, StoredUnder, counted
from bot.core.rules.consent import ConsentScope
from bot.core.rules.five_ones import ActivityKind
from bot.core.rules.message import Notice, NoticeKind
from bot.features.talk.acts.close import AMEND, CO_SIGN
from bot.features.talk.acts.gone import account_gone, office_ended
from bot.features.talk.acts.note import NOTE, NOTE_AGAIN, NOTE_SENSITIVE
from bot.features.talk.acts.notice import NOTICE, chat_muted, chat_unmuted, notice_became
from bot.features.talk.acts.said_after import withdrawn_while_away
from bot.features.talk.acts.stop import host_leaving, link_ending, recall_message
from bot.features.talk.acts.take_back import (
    delete_my_messages,
    delete_my_notes,
    erase_talks,
    expire_messages,
    expire_notes,
    expire_talks,
)
from bot.features.talk.five_ones import talks
from bot.features.talk.reads.held import (
    count_messages,
    count_notes,
    export_rows,
    holds_talks,
    last_message_at,
    notes_held,
    talks_held,
)
from bot.features.talk.reads.item import TALK_ITEM
from bot.features.talk.reads.talk import is_recorded
from bot.features.talk.rules.talk import TalkState
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.features.talk.ticks import TICKS
from bot.features.talk.todo import waiting_for_answer, waiting_for_co_signing, waiting_for_notes
from bot.store.delivery import Prompt
from bot.store.unit import Unit


async def _recalled(unit: Unit, notice: Notice) -> None:
    await recall_message(unit, notice.chat_key, notice.message_id)


async def _muted(unit: Unit, notice: Notice) -> None:
    await chat_muted(unit, notice.chat_key)


async def _unmuted(unit: Unit, notice: Notice) -> None:
    await chat_unmuted(unit, notice.chat_key)


def _talk_goes_on(_now: datetime) -> ColumnElement[bool]:
    """原话 is asked for because a talk is going on, unless the youth began it: not once that is over."""
    here = Talk.chat_id == Prompt.subject_id
    running = exists().where(here, Talk.state == TalkState.OPEN.value)
    over = exists().where(here, Talk.closed_at >= Prompt.asked_at)
    return or_(Prompt.own, Prompt.subject_id.is_(None), running, ~over)


FEATURE = Feature(
    name="talk",
    letters={"T": "talk"},
    items=(TALK_ITEM,),
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
    notices=(
        Heard(NoticeKind.RECALLED, _recalled),
        Heard(NoticeKind.CHAT_MUTED, _muted),
        Heard(NoticeKind.CHAT_UNMUTED, _unmuted),
    ),
    reactions=(
        Reaction(LinkEnding, link_ending),
        Reaction(HostLeaving, host_leaving),
        Reaction(OfficeEnded, office_ended),
        Reaction(AccountGone, account_gone),
        Reaction(WithdrawnWhileAway, withdrawn_while_away),
    ),
    five_ones=(FiveOnesSource(frozenset({ActivityKind.TALK}), talks),),
    erasures=(Erasure(Stage.RECORDS, erase_talks),),
    rostered=holds_talks,
    stored=(
        StoredUnder(ConsentScope.ORIGINAL_MESSAGES, count_messages, delete_my_messages),
        StoredUnder(ConsentScope.TALK_NOTES, count_notes, delete_my_notes),
    ),
    sections=(
        Section(
            "talks",
            export_rows,
            80,
            [
                (TalkMessage.body, TalkMessage.person_id),
                (TalkPart.talk_id, TalkPart.person_id),
                (TalkPart.amendment, TalkPart.person_id),
            ],
        ),
    ),
    held=(
        HeldCount("talks", talks_held),
        counted("messages", TalkMessage.person_id),
        HeldCount("notes", notes_held),
        HeldCount("last_message_at", last_message_at),
    ),
    audits=(
        "talk.opened",
        "talk.stopped",
        "talk.closed",
        "talk.abandoned",
        "talk.co_signed",
        "talk.amended",
        "talk.part_deleted",
        "talk.note_asked",
        "talk.noted",
        "read.talk",
        "read.talks",
    ),
    kept={
        "talks.cadre_id: erasure": "who has talked with youths is of the roster; nobody else may read it",
        "talks.cadre_id: export": "shown through the part that each of those who took part has",
    },
    ticks=TICKS,
    standings=(Standing(NOTICE, is_recorded, notice_became),),
    reasons={SCOPE.kind: _talk_goes_on, SECOND.kind: _talk_goes_on},
    expiries=(
        Expiry("original_messages", expire_messages),
        Expiry("talk_notes", expire_notes),
        Expiry("talks", expire_talks),
    ),
    times=Times(
        past=(
            *(Talk.opened_at, Talk.closed_at, Talk.last_activity_at, Talk.last_notice_at, TalkPart.asked_at),
            *(Talk.quiet_since, Talk.shown_at),
            *(Gap.from_at, Gap.to_at, Gap.told_at),
        )
    ),
)
