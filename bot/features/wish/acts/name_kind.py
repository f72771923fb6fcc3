"""愿望的种类: the owner is asked once what kind of wish it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, as_long_as, ends
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.wish.rules.wish import CLOSED
from bot.features.wish.tables import Wish
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class KindData:
    """The wish's number."""

    ref: int


KIND: Final = Question(
    "wish.kind",
    Asks.YOUTH,
    KindData,
    silence=ends,
    reason=as_long_as(Wish.id, Wish.state.not_in(CLOSED)),
    optional=True,
)
KIND_LIFE: Final = timedelta(days=1)
"""The kind is asked once; silence leaves 其他."""


@dataclass(frozen=True, slots=True)
class WishKindAsked(Say):
    """To the owner, once: what kind it is; silence is fine."""

    template: ClassVar[str] = "wish/kind"
    ref: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WishKindSet(Say):
    """To the owner: noted."""

    template: ClassVar[str] = "wish/kind_set"
    ref: int
    kind: str


async def answer_kind(unit: Unit, actor: Actor, question: Asked[KindData], answer: str) -> Say:
    """The kind of an own wish, whatever has become of it."""
    await unit.swap(Wish, Wish.id == question.subject_id, Wish.owner_id == question.person_id, kind=answer)
    ref = question.data.ref
    await unit.audit(actor, "wish.kind_set", role="youth", subject_id=question.person_id, ref=f"W{ref}")
    return WishKindSet(ref, answer)


async def ask_kind(unit: Unit, actor: Actor, wish: Wish, kinds: Sequence[str]) -> None:
    """The one question after the receipt."""
    if len(kinds) > 1:
        ask = Ask(
            KIND, tuple(kinds), WishKindAsked(wish.ref, tuple(kinds)), KindData(wish.ref), wish.id, life=KIND_LIFE
        )
        await ask_speaker(unit, actor, ask)
