"""资源对接 Resources, as a feature."""

from bot.core.feature import Feature
from bot.features.resource.acts.balance import MATCH, OFFER
from bot.features.resource.acts.register import KIND
from bot.features.resource.tables import Resource
from bot.features.wish.tables import ResourceMatch

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
)
