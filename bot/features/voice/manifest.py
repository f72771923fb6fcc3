"""青年之声 Voices, as a feature."""

from datetime import timedelta
from typing import Final

from bot.core.events import ContactEnded
from bot.core.feature import Expiry, Feature, Reaction, Standing, Stranded, Times, TodoSource, lingers
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.voice.acts.answer import ANSWER, answer_became, still_answered
from bot.features.voice.acts.ask_first import ABOUT, AGAIN, CADRE, SENSITIVE
from bot.features.voice.acts.gone import GONE, stranded_voices
from bot.features.voice.acts.leaving import contact_ended
from bot.features.voice.acts.transition import HAND_OVER, KIND, LEAVING, NAMED, RATING, UP, UP_NAMELESS
from bot.features.voice.acts.withdraw import expire_voices, forget_voices
from bot.features.voice.reads.export import export_voices
from bot.features.voice.reads.item import VOICE_ITEM
from bot.features.voice.tables import Escalation, Voice, VoiceAnswer
from bot.features.voice.ticks import TICKS
from bot.features.voice.todo import stood_in_voices, waiting_voices

NOT_BEYOND: Final = timedelta(days=14)
"""No next workday is farther away."""


FEATURE = Feature(
    name="voice",
    letters={"V": "voice"},
    items=(VOICE_ITEM,),
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
        HAND_OVER,
        LEAVING,
    ),
    reactions=(
        *GONE.reactions,
        Reaction(ContactEnded, contact_ended),
    ),
    stranded=(Stranded("voice", stranded_voices),),
    todo=(TodoSource(waiting_voices), TodoSource(stood_in_voices)),
    erasures=(Erasure(Stage.ITEMS, forget_voices),),
    sections=(Section("voices", export_voices, 90, [(Voice.text, Voice.author_id)]),),
    held=(counted("voices", Voice.author_id),),
    audits=(
        *("voice.submitted", "voice.answered", "voice.close_asked", "voice.rated", "voice.silent", "voice.not_arrived"),
        *("voice.dropped", "voice.late", "voice.up_asked", "voice.escalated", "voice.named"),
        *("voice.reopened", "voice.sorted", "voice.withdrawn"),
        *("voice.hand_over_asked", "voice.handed_over"),
        "read.voice",
    ),
    kept={
        "voice_answers: export": "shown to the author of the voice; what a cadre answered they did in their office",
        "voices.cadre_id: expiry": "with whom it was, for the counts; a cadre is of the roster",
    },
    ticks=TICKS,
    lingers=(lingers(Voice.author_id, Voice.closed_at),),
    standings=(Standing(ANSWER, still_answered, answer_became),),
    expiries=(Expiry("voices", expire_voices),),
    times=Times(
        past=(
            *(Voice.said_at, Voice.first_answer_at, Voice.answered_at, Voice.reminded_at),
            *(Voice.told_above_at, Voice.gone_asked_at, Voice.closed_at, VoiceAnswer.at, Escalation.at),
        ),
        capped=(
            (Voice.held_since, timedelta(), Voice.about.is_(None)),
            (Voice.held_since, NOT_BEYOND, Voice.about.is_not(None)),  # the morning of a complaint stands (S2.4)
        ),
    ),
)
