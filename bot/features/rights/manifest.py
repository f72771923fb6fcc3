"""数据权利 Data rights, as a feature."""

from bot.core.feature import EVER, Feature, Times
from bot.features.rights.acts.correct import UNDER_14
from bot.features.rights.acts.download import DOWNLOAD_LIFE
from bot.features.rights.acts.erase import QUESTION
from bot.features.rights.acts.expire import EXPIRIES
from bot.features.rights.acts.request import OFFICER, ORG
from bot.features.rights.tables import Download, RetentionRun, RightsRequest
from bot.features.rights.ticks import TICKS

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
    ticks=TICKS,
    expiries=EXPIRIES,
    times=Times(
        past=(RightsRequest.done_at, RetentionRun.ran_at),
        capped=((Download.expires_at, DOWNLOAD_LIFE, EVER),),
        shifted=((RightsRequest.asked_at, (RightsRequest.due_at,), RightsRequest.done_at.is_(None)),),
    ),
)
