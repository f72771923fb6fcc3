"""查阅 Reading by others than the own cadre, as a feature: approved for a minor's record, or in danger to life."""

from bot.core.feature import Feature, Times
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.core.rules.access import ACCESS_LIFE, REVIEW_WITHIN
from bot.core.tables import AccessRequest
from bot.features.access.acts.ask import DECIDE
from bot.features.access.acts.forget import EXPIRIES, forget_requests, take_back_asked
from bot.features.access.acts.read import REVIEW
from bot.features.access.reads.export import export_looks, export_requests
from bot.features.access.tables import BreakGlass
from bot.features.access.ticks import TICKS

FEATURE = Feature(
    name="access",
    tables=(AccessRequest, BreakGlass),
    questions=(DECIDE, REVIEW),
    erasures=(
        Erasure(Stage.QUESTIONS, take_back_asked),
        Erasure(Stage.ROWS, forget_requests),
    ),
    sections=(
        Section("access_requests", export_requests, 161),
        Section("break_glass", export_looks, 162),
    ),
    held=(
        counted("access_requests", AccessRequest.subject_id, AccessRequest.withheld.is_(False)),
        counted("break_glass", BreakGlass.subject_id),
    ),
    audits=(
        *("access.asked", "access.approved", "access.refused", "access.lapsed"),
        *("access.break_glass", "access.second_asked", "access.reviewed", "access.review_overdue"),
        *("read.access", "read.break_glass", "access.read_withheld"),
    ),
    ticks=TICKS,
    expiries=EXPIRIES,
    times=Times(
        past=(
            *(AccessRequest.asked_at, AccessRequest.decided_at),
            *(BreakGlass.at, BreakGlass.told_above_at, BreakGlass.reviewed_at),
        ),
        capped=(
            (AccessRequest.due_at, ACCESS_LIFE, AccessRequest.state == "approved"),
            (BreakGlass.due_at, REVIEW_WITHIN, BreakGlass.reviewed_at.is_(None)),
        ),
    ),
)
