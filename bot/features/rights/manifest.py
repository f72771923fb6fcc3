"""数据权利 Data rights, as a feature."""

from bot.core.feature import Feature
from bot.features.rights.acts.correct import UNDER_14
from bot.features.rights.acts.erase import QUESTION
from bot.features.rights.acts.request import OFFICER, ORG
from bot.features.rights.tables import Download, RetentionRun, RightsRequest

FEATURE = Feature(
    name="rights",
    tables=(
        Download,
        RetentionRun,
        RightsRequest,
    ),
    questions=(
        QUESTION,
        UNDER_14,
        OFFICER,
        ORG,
    ),
)
