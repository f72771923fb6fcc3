"""提醒 Reminders, as a feature."""

from bot.core.events import OfficeEnded
from bot.core.feature import CalendarSource, Expiry, Feature, Reaction, Standing, Times
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.reminder.acts.carry_out import DUE, became, still_due
from bot.features.reminder.acts.gone import expire_occurrences, expire_reminders, forget_owner, office_ended
from bot.features.reminder.acts.make import DRAFT
from bot.features.reminder.reads.calendar import in_calendar
from bot.features.reminder.reads.list import export_reminders
from bot.features.reminder.tables import Reminder, ReminderOccurrence
from bot.features.reminder.ticks import TICKS

FEATURE = Feature(
    name="reminder",
    letters={"R": "reminder"},
    tables=(Reminder, ReminderOccurrence),
    questions=(DRAFT,),
    ticks=TICKS,
    calendar=(CalendarSource(in_calendar),),
    standings=(Standing(DUE, still_due, became),),
    reactions=(Reaction(OfficeEnded, office_ended),),
    erasures=(Erasure(Stage.ROWS, forget_owner),),
    sections=(Section("reminders", export_reminders, 95, [(Reminder.words, Reminder.owner_id)]),),
    held=(counted("reminders", Reminder.owner_id, Reminder.words.is_not(None)),),
    audits=(
        *("reminder.set", "reminder.changed", "reminder.stopped", "reminder.started", "reminder.deleted"),
        *("reminder.skipped", "reminder.passed_on"),
    ),
    expiries=(Expiry("reminders", expire_reminders), Expiry("reminder_occurrences", expire_occurrences)),
    times=Times(past=(Reminder.made_at, Reminder.ended_at, Reminder.unreached_at)),
)
