"""问计 Consultations, as a feature."""

from bot.core.feature import Feature, TodoSource
from bot.features.consultation.acts.ask import REACH
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.features.consultation.todo import results_due

FEATURE = Feature(
    name="consultation",
    letters={"Q": "consultation"},
    tables=(
        Consultation,
        ConsultationAnswer,
    ),
    questions=(REACH,),
    todo=(TodoSource(results_due),),
)
