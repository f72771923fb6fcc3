"""The checklist of a year: a campaign of its own, as shipped or as the organ wrote it (R1)."""

from functools import lru_cache

from bot.core.reads.campaigns import shipped_campaigns
from bot.core.rules.campaign import Campaigns
from bot.core.rules.campaign_file import CampaignsWrong
from bot.features.guidance.rules.checklist import Checklist, read_checklist


def checklist_of(year: int, campaigns: Campaigns | None = None) -> Checklist:
    """The year's own campaign, or the one for any year."""
    campaign = (campaigns or shipped_campaigns()).guide(year)
    if campaign is None:
        raise LookupError("no campaign of guidance is shipped")
    return read_checklist(campaign, year)


@lru_cache(maxsize=8)
def _names(year: int) -> dict[str, str]:
    return {item.key: item.name for item in checklist_of(year).items}


def item_name(year: int, key: str) -> str:
    """What an item of that year's checklist is called; its key when the shipped list has none."""
    return _names(year).get(key, key)


def check_checklists(campaigns: Campaigns) -> Campaigns:
    """The same, once every checklist of it has been read; ``CampaignsWrong`` names what is wrong with one."""
    for campaign in campaigns.all:
        if campaign.checklist.get("item") or campaign.duty == "guide":
            try:
                read_checklist(campaign, min(campaign.years, default=2028))
            except (KeyError, TypeError, AttributeError) as error:
                raise CampaignsWrong(campaign.key, "item", "missing", str(error).strip("'")) from None
            except ValueError as error:
                raise CampaignsWrong(campaign.key, "item", "unknown_word", str(error)) from None
    return campaigns
