"""青年之声 Voices, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.voice.todo import results_due, waiting_voices

FEATURE = Feature(
    name="voice",
    letters={"V": "voice"},
    tables=(
        Escalation,
        Voice,
        VoiceAnswer,
    ),
    todo=(
        TodoSource(waiting_voices),
        TodoSource(results_due),
    ),
)
