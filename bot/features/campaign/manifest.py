"""集中活动 Campaigns, as a feature."""

from bot.core.feature import Feature, Times
from bot.features.campaign.tables import CampaignPart

FEATURE = Feature(
    name="campaign",
    tables=(CampaignPart,),
    audits=("campaign.tied", "campaign.untied"),
    times=Times(past=(CampaignPart.since,)),
)
