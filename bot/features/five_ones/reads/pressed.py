"""层层加码的反映: what the notice asks, and the offer to pass a demand on without a name (S2.3, S2.4, R6.9)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bot.core.rules.five_ones import NUMBER, quota_rule
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import PrivateDetail
from bot.core.rules.say import Say


@dataclass(frozen=True, slots=True)
class Pressed(Say):
    """To whoever tells of a demand: the clause, the number that holds for them, and whether it may be passed on.

    ``months``: the windows of this cadre; empty for everybody else. ``org`` empty: nobody above could read it now.
    It is said from memory and stands in no row: what is passed on must lead to nobody (P23).
    """

    template: ClassVar[str] = "five_ones/pressed"
    months: tuple[int, ...]
    office: bool
    org: str
    out_on: date | None
    details: tuple[PrivateDetail, ...]
    number: int = NUMBER


def windows_of(actor: Actor) -> tuple[int, ...]:
    """How long the windows of this cadre are."""
    return tuple(sorted({quota_rule(g.cadre_kind).months for g in actor.grants if g.role is Role.CADRE}))


def holds_office(actor: Actor) -> bool:
    """Whether they are more than a youth here."""
    return any(grant.role is not Role.YOUTH for grant in actor.grants)
