"""同意、撤回 of 原话 when there are several groups: which one is meant (P2, P3)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.acts.consent_answers import ConsentNotPossible, ConsentOver, say_yes
from bot.core.acts.withdrawal import NothingToWithdraw, given_chats, withdraw_scope
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.contacts import Membership, memberships
from bot.core.rules.consent import PER_CHAT, ConsentScope, ConsentTexts
from bot.core.rules.people import Actor
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class WhichData:
    """The groups in the order shown."""

    ids: tuple[int, ...]


GIVE: Final = Question("consent.give_which", Asks.YOUTH, WhichData, silence=ends, reason=always)
WITHDRAW: Final = Question("consent.withdraw_which", Asks.YOUTH, WhichData, silence=ends, reason=always)
ALL: Final = "all"
MOST_NAMED: Final = 8
SCOPE: Final = ConsentScope.ORIGINAL_MESSAGES


@dataclass(frozen=True, slots=True)
class WhichGroupAsked(Say):
    """Several groups: for which one; ``all`` may be withdrawn at once but never given at once."""

    template: ClassVar[str] = "consent/which_group"
    giving: bool
    groups: tuple[Membership, ...]


class BaseScope(Refusal):
    """加入 is given by joining and ends with 退出."""

    code = "consent.base_scope"


async def give_scope(unit: Unit, actor: Actor, scope: ConsentScope, texts: ConsentTexts, *, channel: str) -> Say | None:
    """``同意 <范围>``; 原话 with several groups asks which."""
    if scope is ConsentScope.PROFILE:
        raise BaseScope
    if scope not in PER_CHAT:
        return await say_yes(unit, actor, scope, None, texts, channel=channel)
    groups = await _groups(unit, actor)
    if not groups:
        raise ConsentNotPossible
    if len(groups) == 1:
        return await say_yes(unit, actor, scope, groups[0].chat_id, texts, channel=channel)
    await _ask(unit, actor, GIVE, groups, giving=True)
    return None


async def answer_give(
    unit: Unit, actor: Actor, question: Asked[WhichData], answer: str, texts: ConsentTexts, *, channel: str
) -> Say | None:
    """The group was named; they may have left it meanwhile."""
    try:
        return await say_yes(unit, actor, SCOPE, question.data.ids[int(answer) - 1], texts, channel=channel)
    except ConsentNotPossible:
        return ConsentOver(SCOPE)


async def take_back_scope(unit: Unit, actor: Actor, scope: ConsentScope) -> Say | None:
    """``撤回 <范围>``; 原话 given in several groups asks which."""
    if scope is ConsentScope.PROFILE:
        raise BaseScope
    if actor.person_id is None:
        return NothingToWithdraw(scope)
    if scope not in PER_CHAT:
        return await withdraw_scope(unit, actor, scope)
    given = await given_chats(unit, actor.person_id)
    groups = [g for g in await _groups(unit, actor) if g.chat_id in given]
    if len(given) < 2 or len(groups) < 2:
        return await withdraw_scope(unit, actor, scope)
    await _ask(unit, actor, WITHDRAW, groups, giving=False)
    return None


async def answer_withdraw(unit: Unit, actor: Actor, question: Asked[WhichData], answer: str) -> Say:
    """One group, or all."""
    chat_id = None if answer == ALL else question.data.ids[int(answer) - 1]
    return await withdraw_scope(unit, actor, SCOPE, chat_id)


async def _groups(unit: Unit, actor: Actor) -> list[Membership]:
    """Linked groups the person is in, each once."""
    if actor.person_id is None:
        return []
    found: dict[int, Membership] = {}
    for membership in await memberships(unit.session, unit.vault, actor.person_id):
        if membership.chat_id is not None:
            found[membership.chat_id] = membership
    return list(found.values())


async def _ask(unit: Unit, actor: Actor, which: Question[WhichData], groups: list[Membership], *, giving: bool) -> None:
    listed = tuple(groups[:MOST_NAMED])
    numbers = tuple(str(n) for n in range(1, len(listed) + 1))
    options = numbers if giving else (*numbers, ALL)
    data = WhichData(tuple(g.chat_id for g in listed if g.chat_id is not None))
    await ask_speaker(unit, actor, Ask(which, options, WhichGroupAsked(giving, listed), data))
