"""集中活动 Campaigns, as a feature."""

from bot.core.feature import Feature, Reaction, Times
from bot.features.activity.events import CampaignNamed
from bot.features.campaign.acts.tie import tie_named
from bot.features.campaign.tables import CampaignPart

FEATURE = Feature(
    name="campaign",
    tables=(CampaignPart,),
    audits=("campaign.tied", "campaign.untied"),
    reactions=(Reaction(CampaignNamed, tie_named),),
    times=Times(past=(CampaignPart.since,)),
)
