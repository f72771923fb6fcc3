"""匿名, before it is sent: what is about to be said, the warning, and the chance to change it (P23, 13.3).

A draft lives in memory (bot/chat/nameless.py) for half an hour at most, and no row of any account is written with it: a
question's row would say who is asked. A restart loses it and nothing else.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import delete

from bot.core.question import Ask, Asked, Asks, Question, always
from bot.core.rules.crisis import CrisisSign
from bot.core.rules.privacy import PrivateDetail, private_details
from bot.core.rules.say import Say
from bot.features.anonymous.reads.anonymous import Recipient
from bot.features.anonymous.rules.anonymous import AnonymousRules, next_batches
from bot.store.delivery import Prompt
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Draft:
    """匿名草稿: the words, whether they are to be seen at once, and whether they speak of danger."""

    words: str = field(repr=False)
    urgent: bool = False
    danger: bool = False


SAY: Final = Question("anonymous.say", Asks.YOUTH, Draft, no="drop", cancel="drop", nameless=True, reason=always)
SEND: Final = Question("anonymous.send", Asks.YOUTH, Draft, cancel="drop", nameless=True, reason=always)
DANGER: Final = Question(
    "anonymous.danger", Asks.YOUTH, Draft, cancel="drop", nameless=True, lenient=True, reason=always
)
URGENT: Final = Question("anonymous.urgent", Asks.YOUTH, Draft, no="no", nameless=True, reason=always)
DRAFTS: Final = (SAY, SEND, DANGER, URGENT)


@dataclass(frozen=True, slots=True)
class SayAsked(Say):
    """What 匿名 means and what it does not, and: go on. ``again``: the draft is being changed."""

    template: ClassVar[str] = "anonymous/say"
    org: str
    again: bool
    urgent: bool


@dataclass(frozen=True, slots=True)
class SendAsked(Say):
    """The warning before it is sent; ``details``: what in it says who somebody is."""

    template: ClassVar[str] = "anonymous/send"
    org: str
    out_on: date
    details: tuple[PrivateDetail, ...]


@dataclass(frozen=True, slots=True)
class UrgentAsked(Say):
    """这条会立即被看到: said before anything is sent."""

    template: ClassVar[str] = "anonymous/urgent"
    org: str


@dataclass(frozen=True, slots=True)
class DangerAsked(Say):
    """Words of danger: sent, they are seen at once; ``offer``: or somebody may be asked to make contact."""

    template: ClassVar[str] = "anonymous/danger"
    org: str
    offer: bool


@dataclass(frozen=True, slots=True)
class DraftDropped(Say):
    """Nothing was sent, nothing is kept."""

    template: ClassVar[str] = "anonymous/dropped"


def ask_to_say(to: Recipient, rules: AnonymousRules, *, again: bool = False, urgent: bool = False) -> Ask[Draft]:
    """请说: the next words are the draft."""
    say = SayAsked(to.name, again, urgent)
    return Ask(SAY, ("drop",), say, Draft("", urgent), takes_text=True, urgent=True, life=_life(rules))


def ask_to_send(
    now: datetime,
    to: Recipient,
    words: str,
    sign: CrisisSign | None,
    rules: AnonymousRules,
    *,
    urgent: bool,
    known: bool,
) -> Ask[Draft]:
    """The last question before a voice is sent: 紧急 and words of danger are told what that means."""
    draft, life = Draft(words, urgent or sign is not None, sign is not None), _life(rules)
    if sign is not None:
        options = ("contact", "send", "edit", "drop") if known else ("send", "edit", "drop")
        return Ask(DANGER, options, DangerAsked(to.name, known), draft, takes_text=True, urgent=True, life=life)
    if urgent:
        return Ask(URGENT, ("yes", "no"), UrgentAsked(to.name), draft, takes_text=True, urgent=True, life=life)
    details = tuple(sorted(private_details(words)))
    say = SendAsked(to.name, next_batches(now, rules)[0].date(), details)
    return Ask(SEND, ("send", "edit", "drop"), say, draft, takes_text=True, urgent=True, life=life)


def _life(rules: AnonymousRules) -> timedelta:
    return timedelta(minutes=rules.draft_minutes)


async def forget(unit: Unit, account_id: int) -> None:
    """Delete the drafts that an earlier release kept in rows, and what the log of writes still holds of them."""
    gone = await unit.session.execute(
        delete(Prompt)
        .where(Prompt.account_id == account_id, Prompt.kind.in_([one.kind for one in DRAFTS]))
        .returning(Prompt.id)
        .execution_options(synchronize_session=False)
    )
    unit.erased = unit.erased or bool(gone.all())


@SAY.when_silent
@SEND.when_silent
@DANGER.when_silent
@URGENT.when_silent
async def draft_silent(unit: Unit, question: Asked[Draft]) -> None:
    """Nobody answered in time: the draft is gone as if it had never been."""
    await forget(unit, question.account_id)
