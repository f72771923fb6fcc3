"""玩具 of a cadre who is gone: its borrower says who looks after it now."""

from typing import Final

from bot.features.toy.acts.lend import ToyAnswered
from bot.features.toy.tables import Toy
from sqlalchemy import select

from bot.core.acts.hand_over import HandOver, HandOverData
from bot.core.question import Asks, Question, ends
from bot.core.reads.stand_in import StandIn
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.unit import Unit


async def _give(unit: Unit, actor: Actor, toy: Toy, to: StandIn, named: bool) -> None:
    toy.cadre_id, toy.handed_named, toy.gone_asked_at = to.people[0], named, None
    await unit.audit(actor, "toy.handed_over", subject_id=toy.borrower_id)


async def _bring_back(unit: Unit, actor: Actor, ref: int) -> Say:
    return ToyAnswered(back=True)


GONE: Final = HandOver(
    question=Question("toy.hand_over", Asks.YOUTH, HandOverData, silence=ends, no="keep", cancel="keep"),
    audit="toy.hand_over_asked",
    letter="Y",
    table=Toy,
    youth_of=lambda toy: toy.borrower_id,
    offices=(Role.CADRE, Role.ORGAN_ADMIN),
    all_of=lambda cadre_id: select(Toy).where(Toy.cadre_id == cadre_id).order_by(Toy.id),
    is_open=lambda toy: True,
    waits=lambda toy: True,
    withdraw=_bring_back,
    give=_give,
)
