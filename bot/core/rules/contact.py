"""直接联系 Contact: targets by kind of cadre, and when a contact has gone quiet (R1, requirements 6.1)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.core.rules.people import CadreKind, OrgLevel
from bot.core.rules.refusal import Refusal

QUIET_SOON: Final = timedelta(days=14)
QUIET_LONG: Final = timedelta(days=60)
"""Without contact for this long: two numbers in 我的青年, reminders to nobody."""
PAGE: Final = 20
"""Names a page of 我的青年."""

_FULL: Final = 100
_LOCAL: Final = 10
_BELOW_COUNTY: Final = frozenset({OrgLevel.GRASSROOTS, OrgLevel.BRANCH})
CONTACT_TARGETS: Final[Mapping[tuple[CadreKind, OrgLevel], int]] = {
    (kind, level): _LOCAL if kind is CadreKind.PART_TIME and level in _BELOW_COUNTY else _FULL
    for kind in CadreKind
    for level in OrgLevel
}
"""``contact_target``: 100, and 10 for part-time cadres below county level; reached step by step, never a penalty."""


class YouthUnreachable(Refusal):
    """A youth without an account cannot be asked, so nothing can be kept."""

    code = "contact.unreachable"


class NameAmbiguous(Refusal):
    """Several of a cadre's youths have this 称呼; ``choices``: name, K number, since when, through which group."""

    code = "contact.name_ambiguous"


def contact_target(kind: CadreKind | None, level: OrgLevel) -> int:
    """How many youths a cadre is to keep contact with in time; a kind nobody entered counts as part-time."""
    return CONTACT_TARGETS[kind or CadreKind.PART_TIME, level]


def is_quiet(last_contact_at: datetime, now: datetime, after: timedelta) -> bool:
    """Whether there was no contact for at least ``after``."""
    return now - last_contact_at >= after
