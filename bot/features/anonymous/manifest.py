"""匿名留言 Anonymous voices, as a feature."""

from bot.core.feature import Expiry, Feature, Stranded, TodoSource
from bot.features.anonymous.acts.draft import DANGER, SAY, SEND, URGENT
from bot.features.anonymous.acts.pick_up import RATE
from bot.features.anonymous.acts.remind import expire_anonymous
from bot.features.anonymous.reads.stranded import stranded_anonymous
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.anonymous.ticks import TICKS
from bot.features.anonymous.todo import unanswered

FEATURE = Feature(
    name="anonymous",
    tables=(AnonymousVoice,),
    questions=(
        DANGER,
        SAY,
        SEND,
        URGENT,
        RATE,
    ),
    stranded=(Stranded("anonymous", stranded_anonymous),),
    todo=(TodoSource(unanswered),),
    audits=(
        "read.anonymous",
        "anonymous.answered",
        "anonymous.escalated",
        "anonymous.sorted",
        "anonymous.reopened",
        "anonymous.closed",
        "anonymous.released",
    ),
    ticks=TICKS,
    expiries=(Expiry("anonymous_voices", expire_anonymous),),
)
