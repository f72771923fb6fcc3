"""集中活动 Campaigns as data: what is held when, who has to, and which activities are part of it (R1, R3).

A campaign comes every year, or once where its file says a year. Nothing of it is code; nobody is ranked by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.campaign_days import DayRule
from bot.core.rules.five_ones import ActivityKind
from bot.core.rules.people import OrgLevel
from bot.core.rules.text import plain_key
from bot.core.rules.windows import Window
from bot.core.rules.workdays import Workdays

AHEAD: Final = timedelta(days=120)
"""So long before its window a campaign is shown as coming."""


class CampaignDuty(StrEnum):
    """谁要办: every organ of its levels, or every cadre; ``guide``: cadres by a checklist of their own (R1)."""

    ORGAN = "organ"
    CADRE = "cadre"
    GUIDE = "guide"


@dataclass(frozen=True, slots=True)
class CampaignStep:
    """阶段: a part of the window of one level, as in 县级, 市级, 省级 (R3.3)."""

    name: str
    first: DayRule
    last: DayRule
    level: OrgLevel | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """集中活动: its names, its basis in a document, who has to, which kinds of activities are part of it, and when."""

    key: str
    name: str
    words: tuple[str, ...]
    basis: str
    duty: CampaignDuty
    levels: tuple[OrgLevel, ...]
    kinds: tuple[ActivityKind, ...]
    first: DayRule
    last: DayRule
    years: tuple[int, ...] = ()
    """The years it is held in; empty: every year."""
    text: str = ""
    steps: tuple[CampaignStep, ...] = ()
    checklist: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of ``CampaignDuty.GUIDE``: the items and the day of the lesson, as the file has them."""

    def window(self, year: int, workdays: Workdays) -> Window | None:
        """The window that begins in this year; None in a year in which it is not held."""
        if (self.years and year not in self.years) or self.first.year not in (None, year):
            return None
        first = self.first.on(year, workdays)
        return Window(first, self.last.from_on(first, workdays))

    def spans(self, year: int, workdays: Workdays) -> Sequence[tuple[CampaignStep, Window]]:
        """The steps of that year, in the order of the file."""
        whole = self.window(year, workdays)
        if whole is None:
            return ()
        found: list[tuple[CampaignStep, Window]] = []
        for step in self.steps:
            first = step.first.from_on(whole.first, workdays)
            found.append((step, Window(first, step.last.from_on(first, workdays))))
        return found

    def unsure(self, year: int, workdays: Workdays) -> bool:
        """Whether a day of that year hangs on workdays that are only worked out (预计)."""
        spans = [span for _, span in self.spans(year, workdays)]
        whole = self.window(year, workdays)
        days = [(self.first, whole.first), (self.last, whole.last)] if whole is not None else []
        for step, span in zip(self.steps, spans, strict=False):
            days += [(step.first, span.first), (step.last, span.last)]
        return any(rule.workday and workdays.estimated(day, day) for rule, day in days)

    def called(self, said: str) -> bool:
        """Whether these words name it."""
        return plain_key(said).replace(" ", "") in {plain_key(one).replace(" ", "") for one in (self.name, *self.words)}


@dataclass(frozen=True, slots=True)
class CampaignYear:
    """某年的集中活动: one campaign in one year, with its window."""

    campaign: Campaign
    year: int
    window: Window


@dataclass(frozen=True, slots=True)
class Campaigns:
    """集中活动表: those that are shipped, and an organ's own, which replace shipped ones of the same key."""

    all: tuple[Campaign, ...] = ()

    def held(self, today: date, workdays: Workdays) -> Sequence[CampaignYear]:
        """What is on now and what comes within ``AHEAD``, the earliest first; of each campaign the nearest only."""
        found: list[CampaignYear] = []
        for campaign in self.all:
            near = [one for one in _around(campaign, today, workdays) if today <= one.window.last]
            guides = campaign.duty is CampaignDuty.GUIDE
            near = [one for one in near if not guides or self.guide(one.year) is campaign]
            if near and near[0].window.first <= today + AHEAD:
                found.append(near[0])
        return sorted(found, key=lambda one: (one.window.first, one.window.last, one.campaign.key))

    def named(self, said: str, today: date, workdays: Workdays) -> CampaignYear | None:
        """The one that is called so: on now, else the next one to come, else the last one there was."""
        around = [one for campaign in self.all if campaign.called(said) for one in _around(campaign, today, workdays)]
        coming = [one for one in around if today <= one.window.last]
        if coming:
            return min(coming, key=lambda one: one.window.first)
        return max(around, key=lambda one: one.window.last, default=None)

    def guide(self, year: int) -> Campaign | None:
        """The checklist of a year: the one for this year, else the one for any year (R1)."""
        found = [one for one in self.all if one.duty is CampaignDuty.GUIDE and (not one.years or year in one.years)]
        return max(found, key=lambda one: bool(one.years), default=None)


def _around(campaign: Campaign, today: date, workdays: Workdays) -> Sequence[CampaignYear]:
    years = campaign.years or ([campaign.first.year] if campaign.first.year else range(today.year - 1, today.year + 2))
    windows = ((year, campaign.window(year, workdays)) for year in sorted(years))
    return [CampaignYear(campaign, year, window) for year, window in windows if window is not None]
