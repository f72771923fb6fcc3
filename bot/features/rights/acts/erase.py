"""删除我的数据: asked once, then everything about a person goes (P7); and what this feature itself keeps of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.erase import Erased, erase_person, is_rostered
from bot.core.acts.let_go import take_back_questions
from bot.core.acts.prompt import ask_account, cancel, close_question
from bot.core.person_data import Erasing
from bot.core.question import Ask, Asked, Asks, NoData, Question, always, ends
from bot.core.reads.holds import KeptBack, holds_of
from bot.core.reads.questions import open_question
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.rights.reads.held import NothingHeld
from bot.features.rights.rules.rights import CONFIRM_LIFE, NothingToConfirm, RightsKind, RightsState
from bot.features.rights.tables import RightsRequest
from bot.store.delivery import Prompt
from bot.store.people import Account
from bot.store.unit import Unit

QUESTION: Final = Question("rights.erase", Asks.YOUTH, silence=ends, reason=always)
CONFIRM: Final = "confirm"


@dataclass(frozen=True, slots=True)
class EraseAsked(Say):
    """The one question before everything goes; ``minutes`` it waits."""

    template: ClassVar[str] = "rights/erase_asked"
    is_cadre: bool
    minutes: int
    kept: tuple[KeptBack, ...]


async def ask_erase(unit: Unit, actor: Actor, account: Account | None) -> Say | None:
    """``删除我的数据``: ask once. The question is put at once, for the person has just asked for it."""
    if actor.person_id is None or account is None:
        return NothingHeld()
    await _take_back(unit, account.id)
    kept = await holds_of(unit.session, actor.person_id, unit.now)
    minutes = int(CONFIRM_LIFE.total_seconds() // 60)
    say = EraseAsked(await is_rostered(unit.session, actor.person_id), minutes, kept)
    await ask_account(unit, account, Ask(QUESTION, (CONFIRM,), say, urgent=True, life=CONFIRM_LIFE))
    return None


async def confirm_erase(unit: Unit, actor: Actor, account: Account | None, *, tombstones: Path | None = None) -> Erased:
    """``确认删除`` as a command: carries out the question that is open; refused without one or after its time."""
    question = None
    if account is not None:
        question = await open_question(unit.session, unit.vault, account.id, now=unit.now)
    if question is None or question.question is not QUESTION or not await close_question(unit, question):
        raise NothingToConfirm
    return await erase_confirmed(unit, actor, question, tombstones=tombstones)


async def erase_confirmed(
    unit: Unit, actor: Actor, question: Asked[NoData], *, tombstones: Path | None = None
) -> Erased:
    """The answer to the question, which the caller has closed."""
    return await erase_person(unit, question.person_id, actor=actor, tombstones=tombstones)


async def take_back_requests(going: Erasing) -> None:
    """The responsible persons are no longer asked for an answer."""
    requests = select(RightsRequest.id).where(RightsRequest.person_id == going.person_id)
    await take_back_questions(going.unit, Prompt.subject_id.in_(requests), but=going.person_id)


async def erase_requests(going: Erasing) -> None:
    """Of requests stays that there were some, and of this one as well, naming nobody."""
    unit, person_id = going.unit, going.person_id
    done = {"state": RightsState.DONE.value, "done_at": unit.now}
    await unit.swap(RightsRequest, RightsRequest.person_id == person_id, person_id=None, **done)
    unit.session.add(
        RightsRequest(
            person_id=None,
            org_id=None,
            kind=RightsKind.DELETE.value,
            state=RightsState.DONE.value,
            asked_at=unit.now,
            due_at=unit.now,
            done_at=unit.now,
        )
    )


async def _take_back(unit: Unit, account_id: int) -> None:
    """An older question of the same kind gives way to the new one."""
    await cancel(unit, QUESTION, account_id=account_id, go_on=False)
