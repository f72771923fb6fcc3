"""数据权利 Data rights, as a feature."""

from bot.core.feature import Feature, Stranded, Times, lingers
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.rights.acts.correct import UNDER_14
from bot.features.rights.acts.erase import QUESTION, erase_requests, take_back_requests
from bot.features.rights.acts.expire import EXPIRIES
from bot.features.rights.acts.request import OFFICER, ORG
from bot.features.rights.reads.export import export_requests
from bot.features.rights.reads.stranded import stranded_requests
from bot.features.rights.tables import RetentionRun, RightsRequest
from bot.features.rights.ticks import TICKS

FEATURE = Feature(
    name="rights",
    tables=(
        RetentionRun,
        RightsRequest,
    ),
    questions=(
        QUESTION,
        UNDER_14,
        OFFICER,
        ORG,
    ),
    erasures=(
        Erasure(Stage.QUESTIONS, take_back_requests),
        Erasure(Stage.ROWS, erase_requests),
    ),
    sections=(Section("requests", export_requests, 160),),
    held=(counted("requests", RightsRequest.person_id),),
    audits=(
        "person.corrected",
        "rights.exported",
        "rights.fetched",
        "rights.contact_asked",
        "rights.org_asked",
        "rights.answered",
        "rights.overdue",
        "rights.written_request",
        "read.contact_request",
        "read.export",
    ),
    stranded=(Stranded("request", stranded_requests),),
    ticks=TICKS,
    lingers=(lingers(RightsRequest.person_id, RightsRequest.done_at),),
    expiries=EXPIRIES,
    times=Times(
        past=(RightsRequest.done_at, RetentionRun.ran_at),
        shifted=((RightsRequest.asked_at, (RightsRequest.due_at,), RightsRequest.done_at.is_(None)),),
    ),
)
