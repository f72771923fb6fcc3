"""青年之声 Voices, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.voice.acts.ask_first import ABOUT, AGAIN, CADRE, SENSITIVE
from bot.features.voice.acts.transition import KIND, NAMED, RATING, UP, UP_NAMELESS
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.voice.todo import waiting_voices

FEATURE = Feature(
    name="voice",
    letters={"V": "voice"},
    tables=(
        Escalation,
        Voice,
        VoiceAnswer,
    ),
    questions=(
        ABOUT,
        AGAIN,
        CADRE,
        SENSITIVE,
        KIND,
        NAMED,
        RATING,
        UP,
        UP_NAMELESS,
    ),
    todo=(TodoSource(waiting_voices),),
)
