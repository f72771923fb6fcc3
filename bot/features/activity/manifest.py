"""活动 Activities, as a feature."""

from bot.core.events import AgeBandChanged, OfficeEnded
from bot.core.feature import (
    EVER,
    CalendarSource,
    Expiry,
    Feature,
    FiveOnesSource,
    Reaction,
    Standing,
    Times,
    TodoSource,
)
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.core.rules.five_ones import ActivityKind
from bot.features.activity.acts.confirm import CONFIRM
from bot.features.activity.acts.draft import CHAT, DRAFT, SLOT
from bot.features.activity.acts.end import PROCESS
from bot.features.activity.acts.forget import (
    expire_attempts,
    expire_figures,
    expire_words,
    follow_age,
    forget_joint,
    forget_youth,
)
from bot.features.activity.acts.gone import office_ended
from bot.features.activity.acts.late import LATE, WITNESS
from bot.features.activity.acts.promote import PROMOTED, is_promoted, promotion_became
from bot.features.activity.five_ones import activities, organ_activities
from bot.features.activity.reads.calendar import in_calendar
from bot.features.activity.reads.held import export_activities, holds_activities
from bot.features.activity.reads.standing import standing_of
from bot.features.activity.reads.unexplained import count_unexplained
from bot.features.activity.rules.activity import HOLD
from bot.features.activity.tables import (
    Activity,
    ActivityAttempt,
    ActivityCadre,
    ActivityChange,
    ActivityCode,
    ActivityPart,
)
from bot.features.activity.ticks import TICKS
from bot.features.activity.todo import without_process, without_word

FEATURE = Feature(
    name="activity",
    letters={"A": "activity"},
    tables=(Activity, ActivityAttempt, ActivityCadre, ActivityChange, ActivityCode, ActivityPart),
    questions=(DRAFT, CHAT, SLOT, PROCESS, CONFIRM, LATE, WITNESS),
    five_ones=(
        FiveOnesSource(frozenset(ActivityKind), activities, ("A", standing_of), organ_activities, count_unexplained),
    ),
    ticks=TICKS,
    calendar=(CalendarSource(in_calendar),),
    standings=(Standing(PROMOTED, is_promoted, promotion_became),),
    todo=(TodoSource(without_process), TodoSource(without_word)),
    reactions=(Reaction(AgeBandChanged, follow_age), Reaction(OfficeEnded, office_ended)),
    rostered=holds_activities,
    erasures=(Erasure(Stage.ITEMS, forget_youth), Erasure(Stage.ROWS, forget_joint)),
    sections=(Section("activities", export_activities, 85, [(ActivityPart.id, ActivityPart.person_id)]),),
    held=(counted("activities", ActivityPart.person_id),),
    audits=(
        *("activity.announced", "activity.signed_up", "activity.code_made", "activity.checked_in"),
        *("activity.ended", "activity.confirmed", "activity.changed", "activity.cancelled", "read.activity"),
        *("activity.corrected", "activity.explained", "activity.passed_on"),
        *("activity.joint", "activity.joint_ended", "activity.invited"),
    ),
    kept={"activities.cadre_id: erasure": "who held an activity is of the roster; it counts for the organisation too"},
    expiries=(
        Expiry("activities", expire_words),
        Expiry("activity_figures", expire_figures),
        Expiry("activity_attempts", expire_attempts),
    ),
    times=Times(
        past=(
            *(Activity.made_at, Activity.announced_at, Activity.ended_at, Activity.cancelled_at, Activity.settled_at),
            *(ActivityPart.since, ActivityPart.asked_at, ActivityCode.made_at, ActivityAttempt.at, ActivityChange.at),
        ),
        capped=((ActivityPart.hold_until, HOLD, EVER),),
    ),
)
