"""资源对接 Resources, as a feature."""

from bot.core.feature import Expiry, Feature, Reaction, Times
from bot.features.resource.acts.balance import MATCH, OFFER, hand_match_on, settle_matches
from bot.features.resource.acts.match import expire_matches
from bot.features.resource.acts.register import KIND
from bot.features.resource.tables import Resource
from bot.features.wish.events import WishHandedOn, WishMoved
from bot.features.wish.tables import ResourceMatch

FEATURE = Feature(
    name="resource",
    letters={"S": "resource"},
    tables=(Resource,),
    questions=(
        MATCH,
        OFFER,
        KIND,
    ),
    audits=(
        "resource.offered",
        "resource.closed",
        "wish.match_asked",
        "wish.match_agreed",
        "read.pool",
    ),
    kept={
        "resources: export": "the organ's goods; who registered them did so in their office",
        "resources.offered_by: expiry": "the organ's goods; who registered them is of the roster",
    },
    reactions=(Reaction(WishMoved, settle_matches), Reaction(WishHandedOn, hand_match_on)),
    expiries=(Expiry("ended_matches", expire_matches),),
    times=Times(past=(Resource.offered_at, ResourceMatch.asked_at, ResourceMatch.settled_at)),
)
