"""没问到: a question that was never shown has no answer and no consequence; whoever asked hears so (P5)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from bot.core.acts.prompt import close_question, put_next
from bot.core.acts.question_words import key_of, put_again, was_shown
from bot.core.question import Asked, Question, Unseen
from bot.core.reads.questions import IN_LINE, asked, still_waits, waiting
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store import outbox
from bot.store.delivery import Prompt
from bot.store.unit import Unit

AGAIN_AFTER: Final = timedelta(days=1)
"""A question whose words could not be delivered is put once more after so long, or when its person answers it."""
LONGEST: Final = timedelta(days=60)
"""After so long a question that could not be shown is given up."""


@dataclass(frozen=True, slots=True)
class NotAskedYet(Say):
    """To who asked: it has not been shown so far, and nothing follows from that; ``over``: it is given up."""

    template: ClassVar[str] = "common/not_asked_yet"
    what: str
    over: bool


class AskedButNotShown(Refusal):
    """It is being asked already, behind other questions or in vain so far; field ``what``."""

    code = "question.not_shown"


async def question_became(unit: Unit, prompt_id: int, seen: bool) -> None:
    """A question's words are out, or cannot go out."""
    if seen:
        await was_shown(unit, prompt_id)
        return
    prompt = await unit.session.get(Prompt, prompt_id, populate_existing=True)
    if prompt is None or prompt.own or prompt.shown_at is not None or not still_waits(prompt):
        return
    prompt.expires_at = unit.now + AGAIN_AFTER
    await unit.session.flush()
    await _not_shown(unit, await asked(unit.session, unit.vault, prompt), Unseen.FAILED)


async def look_at_unshown(unit: Unit, prompt: Prompt) -> None:
    """The time of a question is up that nobody has seen: who asked hears so, and it goes on waiting, not for ever."""
    question = await asked(unit.session, unit.vault, prompt)
    if unit.now - prompt.asked_at >= LONGEST:
        if await close_question(unit, question, state="expired"):
            await _not_shown(unit, question, Unseen.OVER)
            await put_next(unit, question.account_id)
        return
    prompt.expires_at = unit.now + timedelta(seconds=max(prompt.life, AGAIN_AFTER.total_seconds()))
    await unit.session.flush()
    await _not_shown(unit, question, Unseen.WAITS)
    if prompt.state == IN_LINE:
        await put_next(unit, prompt.account_id)
        return
    words = await outbox.places(unit.session, key_of(prompt.id), person_id=prompt.person_id)
    if not words.waiting:
        await put_again(unit, prompt)


async def _not_shown(unit: Unit, question: Asked[Any], why: Unseen) -> None:
    means = question.question.unshown
    if means is not None and question.data is not None:
        await means(unit, question, why)
    if question.by is None:
        return
    over, (person_id, what) = why is Unseen.OVER, question.by
    key = f"unasked:{int(over)}:" + unit.vault.mac("dedup", "unasked", question.id).hex()
    await unit.push_person(person_id, NotAskedYet(what, over), idem_key=key, cls="L")


async def refuse_if_not_shown(unit: Unit, *kinds: Question[Any], subject_id: int, what: str) -> None:
    """Refuses ``question.not_shown`` where one of these is being asked and its person has not seen it so far."""
    found = waiting(*kinds, subject_id=subject_id).where(Prompt.shown_at.is_(None)).with_only_columns(Prompt.id)
    if (await unit.session.execute(found.limit(1))).first() is not None:
        raise AskedButNotShown(what=what)
