"""资源对接 Resources, as a feature."""

from bot.core.feature import Feature
from bot.features.resource.tables import Resource, ResourceMatch

FEATURE = Feature(
    name="resource",
    letters={"S": "resource"},
    tables=(
        Resource,
        ResourceMatch,
    ),
)
