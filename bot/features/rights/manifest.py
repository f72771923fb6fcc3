"""数据权利 Data rights, as a feature."""

from bot.core.feature import Feature
from bot.features.rights.tables import Download, RetentionRun, RightsRequest

FEATURE = Feature(
    name="rights",
    tables=(
        Download,
        RetentionRun,
        RightsRequest,
    ),
)
