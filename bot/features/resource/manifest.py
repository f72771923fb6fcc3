"""资源对接 Resources, as a feature."""

from bot.core.feature import Expiry, Feature, Times
from bot.features.resource.acts.balance import MATCH, OFFER
from bot.features.resource.acts.match import expire_matches
from bot.features.resource.acts.register import KIND
from bot.features.resource.tables import Resource, ResourceMatch

FEATURE = Feature(
    name="resource",
    letters={"S": "resource"},
    tables=(
        Resource,
        ResourceMatch,
    ),
    questions=(
        MATCH,
        OFFER,
        KIND,
    ),
    expiries=(Expiry("ended_matches", expire_matches),),
    times=Times(past=(Resource.offered_at, ResourceMatch.asked_at, ResourceMatch.settled_at)),
)
