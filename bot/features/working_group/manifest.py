"""工作小组 Working groups, as a feature."""

from bot.core.feature import Expiry, Feature, Times
from bot.core.person_data import Erasure, Section, Stage
from bot.features.working_group.acts.expire import expire_groups, forget_member
from bot.features.working_group.reads.export import export_groups
from bot.features.working_group.tables import WorkingGroup, WorkingGroupMember, WorkingGroupTask

FEATURE = Feature(
    name="working_group",
    tables=(WorkingGroup, WorkingGroupMember, WorkingGroupTask),
    erasures=(Erasure(Stage.ROWS, forget_member),),
    sections=(Section("working_groups", export_groups),),
    audits=("working_group.made", "working_group.changed", "working_group.ended"),
    expiries=(Expiry("working_groups", expire_groups),),
    times=Times(past=(WorkingGroup.began_at, WorkingGroup.ended_at, WorkingGroupTask.added_at)),
)
