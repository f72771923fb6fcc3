"""集中活动 how somebody stands in a campaign: done, planned, or still to do; counts only, never an order (K1, P38)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.rules.people import OrgLevel
from bot.core.rules.refusal import Refusal


class CampaignState(StrEnum):
    """办得怎么样: one that counts is over; one is planned or waits for a word; nothing yet."""

    DONE = "done"
    PLANNED = "planned"
    MISSING = "missing"


class CampaignUnknown(Refusal):
    """No campaign is called so; field ``names``: those that are on or come next."""

    code = "campaign.unknown"


class CampaignOutside(Refusal):
    """The activity does not begin in the campaign's window; fields ``name``, ``first``, ``last``."""

    code = "campaign.outside"


class CampaignActivity(Refusal):
    """No reference of an activity, or one that was cancelled."""

    code = "campaign.no_activity"


@dataclass(frozen=True, slots=True)
class LevelCount:
    """一级的数: of the organs of a level, or of the cadres below, how many have one, plan one, have none yet."""

    level: OrgLevel | None
    """None: cadres."""
    all: int
    done: int
    planned: int
    missing: int


def state_of(counted: Iterable[bool]) -> CampaignState:
    """By its activities: whether each counts already."""
    told = list(counted)
    if not told:
        return CampaignState.MISSING
    return CampaignState.DONE if any(told) else CampaignState.PLANNED


def counted(level: OrgLevel | None, who: Iterable[int], states: Mapping[int, CampaignState]) -> LevelCount:
    """The numbers of those who have to; who is not in ``states`` has nothing yet."""
    found = Counter(states.get(one, CampaignState.MISSING) for one in who)
    return LevelCount(
        level,
        sum(found.values()),
        found[CampaignState.DONE],
        found[CampaignState.PLANNED],
        found[CampaignState.MISSING],
    )
