"""支部工作 Branch routine, as a feature."""

from bot.core.feature import Expiry, Feature, Times
from bot.core.person_data import Erasure, Section, Stage
from bot.features.branch.acts.enter import expire_meetings, expire_process, forget_secretary
from bot.features.branch.reads.export import export_meetings
from bot.features.branch.tables import BranchMeeting

FEATURE = Feature(
    name="branch",
    tables=(BranchMeeting,),
    erasures=(Erasure(Stage.ROWS, forget_secretary),),
    sections=(Section("branch_meetings", export_meetings),),
    audits=("branch.entered",),
    expiries=(Expiry("branch_process", expire_process), Expiry("branch_meetings", expire_meetings)),
    times=Times(past=(BranchMeeting.entered_at,)),
)
