"""谈心谈话 Talks, as a feature."""

from bot.core.events import HostLeaving, LinkEnding
from bot.core.feature import Feature, FiveOnesSource, Reaction, TodoSource
from bot.core.rules.five_ones import ActivityKind
from bot.features.talk.acts.close import AMEND, CO_SIGN
from bot.features.talk.acts.note import NOTE, NOTE_AGAIN, NOTE_SENSITIVE
from bot.features.talk.acts.stop import host_leaving, link_ending
from bot.features.talk.five_ones import talks
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
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
    reactions=(Reaction(LinkEnding, link_ending), Reaction(HostLeaving, host_leaving)),
    five_ones=(FiveOnesSource(frozenset({ActivityKind.TALK}), talks),),
)
