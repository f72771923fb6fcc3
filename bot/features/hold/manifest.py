"""留存与报告 Holds and reports, as a feature: what may not be deleted yet, and what has to be reported (P21, P28)."""

from bot.core.feature import Feature, Times
from bot.core.person_data import Erasure, HeldCount, Section, Stage
from bot.core.tables import HeldPerson, LegalHold
from bot.features.hold.acts.forget import EXPIRIES, let_go
from bot.features.hold.acts.report import REPORT
from bot.features.hold.reads.export import count_holds, export_holds
from bot.features.hold.rules.hold import MAX_HOLD, REPORT_WITHIN
from bot.features.hold.tables import HarmReport
from bot.features.hold.ticks import TICKS

FEATURE = Feature(
    name="hold",
    tables=(HarmReport, HeldPerson, LegalHold),
    questions=(REPORT,),
    erasures=(Erasure(Stage.ROWS, let_go),),
    sections=(Section("holds", export_holds, 163),),
    held=(HeldCount("holds", count_holds),),
    audits=(
        *("hold.placed", "hold.released", "hold.ended"),
        *("hold.reported", "hold.passed_on", "hold.handled", "hold.report_overdue"),
    ),
    kept={
        "legal_holds.placed_by: export": "what an officer placed is in the export of whose data it is",
    },
    ticks=TICKS,
    expiries=EXPIRIES,
    times=Times(
        past=(LegalHold.placed_at, HarmReport.at, HarmReport.reminded_at, HarmReport.told_above_at, HarmReport.done_at),
        capped=(
            (LegalHold.until, MAX_HOLD, LegalHold.sure.is_(True)),
            (HarmReport.due_at, REPORT_WITHIN, HarmReport.done_at.is_(None)),
        ),
    ),
)
