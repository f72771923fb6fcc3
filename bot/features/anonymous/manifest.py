"""匿名留言 Anonymous voices, as a feature."""

from bot.core.feature import Expiry, Feature, TodoSource
from bot.features.anonymous.acts.remind import expire_anonymous
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.anonymous.ticks import TICKS
from bot.features.anonymous.todo import unanswered

FEATURE = Feature(
    name="anonymous",
    tables=(AnonymousVoice,),
    todo=(TodoSource(unanswered),),
    ticks=TICKS,
    expiries=(Expiry("anonymous_voices", expire_anonymous),),
)
