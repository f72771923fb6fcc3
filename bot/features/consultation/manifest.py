"""问计 Consultations, as a feature."""

from bot.core.feature import Expiry, Feature, Times, TodoSource
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.consultation.acts.answer import expire_answers, forget_answers
from bot.features.consultation.acts.ask import REACH
from bot.features.consultation.reads.export import export_answers, export_questions
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.features.consultation.ticks import TICKS
from bot.features.consultation.todo import results_due

FEATURE = Feature(
    name="consultation",
    letters={"Q": "consultation"},
    tables=(
        Consultation,
        ConsultationAnswer,
    ),
    questions=(REACH,),
    erasures=(Erasure(Stage.ROWS, forget_answers),),
    sections=(
        Section("consultation_answers", export_answers, 100, [(ConsultationAnswer.text, ConsultationAnswer.person_id)]),
        Section("consultations", export_questions, 110),
    ),
    held=(counted("consultation_answers", ConsultationAnswer.person_id),),
    audits=(
        "consultation.asked",
        "consultation.answered",
        "consultation.taken_back",
        "consultation.closed",
        "read.consultation",
    ),
    kept={
        "consultations.asker_id: expiry": "the organ's question, and whoever asked for it is of the roster",
    },
    todo=(TodoSource(results_due),),
    ticks=TICKS,
    expiries=(Expiry("consultations", expire_answers),),
    times=Times(
        past=(Consultation.reminded_at, Consultation.closed_at),
        shifted=((Consultation.asked_at, (Consultation.ends_at,), Consultation.closed_at.is_(None)),),
    ),
)
