"""匿名留言 Anonymous voices, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.anonymous.todo import unanswered

FEATURE = Feature(
    name="anonymous",
    tables=(AnonymousVoice,),
    todo=(TodoSource(unanswered),),
)
