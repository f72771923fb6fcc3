"""变动 of activities, told to whoever declared a reaction, in the unit of the change (``core.events``)."""

from dataclasses import dataclass

from bot.core.rules.people import Actor


@dataclass(frozen=True, slots=True)
class CampaignNamed:
    """Whoever announced an activity named a campaign, by its key, in whose window of that year it begins."""

    activity_id: int
    ref: int
    campaign: str
    year: int
    actor: Actor
