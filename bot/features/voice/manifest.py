"""青年之声 Voices, as a feature."""

from bot.core.feature import Expiry, Feature, Times, TodoSource
from bot.features.voice.acts.ask_first import ABOUT, AGAIN, CADRE, SENSITIVE
from bot.features.voice.acts.transition import KIND, NAMED, RATING, UP, UP_NAMELESS
from bot.features.voice.acts.withdraw import expire_voices
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.voice.ticks import TICKS
from bot.features.voice.todo import results_due, waiting_voices

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
    todo=(
        TodoSource(waiting_voices),
        TodoSource(results_due),
    ),
    ticks=TICKS,
    expiries=(Expiry("voices", expire_voices),),
    times=Times(
        past=(
            *(Voice.said_at, Voice.held_since, Voice.first_answer_at, Voice.answered_at, Voice.reminded_at),
            *(Voice.told_above_at, Voice.closed_at, VoiceAnswer.at, Escalation.at),
        )
    ),
)
