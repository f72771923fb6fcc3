"""集中活动 named in what is announced: by its whole name or one of its words, standing alone (R3)."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from bot.core.rules.campaign import Campaign, Campaigns
from bot.core.rules.workdays import Workdays

_BETWEEN: Final = re.compile(r"[\s，,、；;：:（）()“”\"·]+")


@dataclass(frozen=True, slots=True)
class CampaignCalled:
    """被点名的集中活动: its key and name, and its windows around now: year, first instant, first instant after it."""

    key: str = ""
    name: str = ""
    spans: tuple[tuple[int, datetime, datetime], ...] = ()

    def year_of(self, starts_at: datetime) -> int | None:
        """The year of the window in which this begins; None outside of all of them."""
        return next((year for year, first, after in self.spans if first <= starts_at < after), None)


def named_in(topic: str, campaigns: Campaigns, now: datetime, workdays: Workdays) -> CampaignCalled:
    """The campaign that a topic names; an empty one where it names none. Ordinary words within a phrase name none."""
    parts = [part for part in _BETWEEN.split(topic) if part]
    found = next((one for one in campaigns.all if any(one.called(part) for part in parts)), None)
    return CampaignCalled() if found is None else CampaignCalled(found.key, found.name, _spans(found, now, workdays))


def _spans(campaign: Campaign, now: datetime, workdays: Workdays) -> tuple[tuple[int, datetime, datetime], ...]:
    found: list[tuple[int, datetime, datetime]] = []
    for year in range(now.year - 1, now.year + 2):
        window = campaign.window(year, workdays)
        if window is not None:
            first = datetime.combine(window.first, time(), now.tzinfo)
            found.append((year, first, datetime.combine(window.last + timedelta(days=1), time(), now.tzinfo)))
    return tuple(found)
