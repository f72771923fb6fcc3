"""问计 Consultations, as a feature."""

from bot.core.feature import Expiry, Feature, Times
from bot.features.consultation.acts.answer import expire_answers
from bot.features.consultation.acts.ask import REACH
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.features.consultation.ticks import TICKS

FEATURE = Feature(
    name="consultation",
    letters={"Q": "consultation"},
    tables=(
        Consultation,
        ConsultationAnswer,
    ),
    questions=(REACH,),
    ticks=TICKS,
    expiries=(Expiry("consultations", expire_answers),),
    times=Times(
        past=(Consultation.reminded_at, Consultation.closed_at),
        shifted=((Consultation.asked_at, (Consultation.ends_at,), Consultation.closed_at.is_(None)),),
    ),
)
