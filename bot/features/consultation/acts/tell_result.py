"""问计结果: the asker tells what was adopted, which closes the question (R4.4)."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.features.consultation.acts.ask import LETTER
from bot.features.consultation.acts.send import send_batch
from bot.features.consultation.reads.consultation import count_answers, find_asked
from bot.features.consultation.rules.consultation import (
    ConsultationReach,
    ConsultationState,
    checked_question,
    told,
)
from bot.features.consultation.tables import Consultation
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ResultTaken(Say):
    """To the asker: it is closed, and those who answered hear of it."""

    template: ClassVar[str] = "consultation/result_taken"
    ref: int
    answers: int


async def tell_result(unit: Unit, actor: Actor, ref: int, text: str) -> ResultTaken:
    """``问计结果 <Q> <采纳了什么>``: closes it and tells those who answered, nobody else."""
    words = checked_question(text)
    consultation = await find_asked(unit.session, actor, ref, lock=True)
    if consultation is None:
        raise NotFound
    consultation.state = told(ConsultationState(consultation.state)).value
    consultation.result = await unit.seal(consultation.key_id, f"consultations:{consultation.id}:result", words)
    consultation.closed_at, consultation.cursor = unit.now, 0
    await unit.session.flush()
    count = await count_answers(unit.session, consultation.id)
    await unit.audit(actor, "consultation.closed", role=_role(consultation), ref=f"{LETTER}{ref}", n=count)
    await send_batch(unit, consultation)
    return ResultTaken(ref, count)


def _role(consultation: Consultation) -> Role:
    return Role.ORGAN_ADMIN if consultation.reach == ConsultationReach.ORGS else Role.CADRE
