"""条目: a talk, a voice or a wish, as those in office look at it by its reference, whatever its feature (P13-P16)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref

TALK_LETTER: Final = "T"
"""A talk is read by those who took part, and else in danger to life only (P11)."""


@dataclass(frozen=True, slots=True)
class Item:
    """条目: whose it is, with whom and in which organisation; no word of it.

    ``subjects``: the youths whose data it is. ``organs`` hold it; ``against`` and ``against_orgs`` are complained of in
    it. ``minor``: whether one of the subjects is 14 to 17.
    """

    ref: Ref
    org_id: int
    subjects: frozenset[int]
    cadres: frozenset[int] = frozenset()
    organs: frozenset[int] = frozenset()
    complaint: bool = False
    against: frozenset[int] = frozenset()
    against_orgs: frozenset[int] = frozenset()
    minor: bool = False

    def is_party(self, actor: Actor) -> bool:
        """Whether it is this actor's own, theirs as a cadre, or lies with an organ that they administer."""
        if actor.person_id is None or self.speaks_of(actor):
            return False
        return actor.person_id in self.subjects | self.cadres or bool(actor.orgs(Role.ORGAN_ADMIN) & self.organs)

    def speaks_of(self, actor: Actor) -> bool:
        """Whether this actor, or an organisation in which they hold an office, is complained of in it."""
        offices = {grant.org_id for grant in actor.grants if grant.role is not Role.YOUTH}
        return actor.person_id in self.against or bool(offices & self.against_orgs)


@dataclass(frozen=True, slots=True)
class ItemLine:
    """条目的一段话: who said it and when, where that is known."""

    who: str
    at: datetime | None
    words: str = field(repr=False)
