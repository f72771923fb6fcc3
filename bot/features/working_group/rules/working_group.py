"""工作小组 Working groups: which organs have them, who leads, what they are called (R2.12)."""

from typing import Final

from bot.core.rules.people import OrgLevel
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal

LEVELS: Final = frozenset({OrgLevel.PROVINCE, OrgLevel.CITY})
"""Working groups are asked of these levels only; a county has none."""
MOST_GROUPS: Final = 20
MOST_MEMBERS: Final = 50
MOST_TASKS: Final = 50


class WorkingGroupLevel(Refusal):
    """The notice asks working groups of provinces and cities only."""

    code = "working_group.level"


class WorkingGroupNotFound(NotFound):
    """No such group of the own organ."""

    code = "working_group.not_found"


class WorkingGroupUnclear(Refusal):
    """Several groups, and the words name none; field ``names``."""

    code = "working_group.unclear"


class WorkingGroupExists(Refusal):
    """A group of that name is there already; field ``name``."""

    code = "working_group.exists"


class WorkingGroupLeader(Refusal):
    """The leader is of the leadership or heads a department; field ``name``."""

    code = "working_group.leader"


class WorkingGroupFull(Refusal):
    """As many as fit; field ``most``."""

    code = "working_group.full"


class WorkingGroupWords(Refusal):
    """A name or a task that is empty, too long (``most``), marked secret or holds private details."""

    code = "working_group.words"


def checked_name(text: str) -> str:
    """What a group is called."""
    return _checked(text, 20)


def checked_task(text: str) -> str:
    """What a group has taken on."""
    return _checked(text, 200)


def _checked(text: str, most: int) -> str:
    words = " ".join(text.split())
    if not 2 <= len(words) <= most or secrecy_marking(words) or private_details(words):
        raise WorkingGroupWords(most=most)
    return words
