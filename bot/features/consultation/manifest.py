"""问计 Consultations, as a feature."""

from bot.core.feature import Feature
from bot.features.consultation.acts.ask import REACH
from bot.features.consultation.tables import Consultation, ConsultationAnswer

FEATURE = Feature(
    name="consultation",
    letters={"Q": "consultation"},
    tables=(
        Consultation,
        ConsultationAnswer,
    ),
    questions=(REACH,),
)
