"""What was said of an activity that does not exist yet: it lives in the questions about what is missing (发起)."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.core.question import Asks, Question, always, ends
from bot.features.activity.rules.activity import Plan
from bot.features.activity.rules.named import CampaignCalled


@dataclass(frozen=True, slots=True)
class DraftData:
    """What was said of an activity so far, what is being asked for, and the times that are offered."""

    kind: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str | None = field(default=None, repr=False)
    topic: str | None = field(default=None, repr=False)
    seats: int | None = None
    chat_id: int | None = None
    asking: str = ""
    offered: tuple[tuple[datetime, datetime | None], ...] = ()
    chats: tuple[int, ...] = ()
    organ: int | None = None
    """The organ that holds it (机关活动); empty: a cadre's own."""
    slot: str = ""
    campaign: str = ""
    campaign_name: str = ""
    spans: tuple[tuple[int, datetime, datetime], ...] = ()
    """The campaign that was named (``CampaignCalled``)."""

    @property
    def plan(self) -> Plan:
        """The parts as the rules take them."""
        return Plan(self.kind, self.starts_at, self.ends_at, self.place, self.topic, self.seats)

    @property
    def named(self) -> CampaignCalled:
        """The campaign it is a part of."""
        return CampaignCalled(self.campaign, self.campaign_name, self.spans)

    def naming(self, named: CampaignCalled) -> "DraftData":
        """The same as a part of this campaign."""
        return replace(self, campaign=named.key, campaign_name=named.name, spans=named.spans)


DRAFT: Final = Question("activity.draft", Asks.OFFICE, DraftData, silence=ends, reason=always, times=True)
CHAT: Final = Question("activity.chat", Asks.OFFICE, DraftData, silence=ends, reason=always)
SLOT: Final = Question("activity.slot", Asks.OFFICE, DraftData, silence=ends, reason=always)
