"""日历订阅 Subscribable calendars, as a feature."""

from bot.core.events import AccountGone, AdminEnded, OfficeEnded
from bot.core.feature import Feature, Reaction, Times
from bot.core.person_data import Erasure, Section, Stage, counted
from bot.features.feed.acts.gone import account_gone, forget, office_ended
from bot.features.feed.reads.held import export_feeds
from bot.features.feed.tables import CalendarFeed

FEATURE = Feature(
    name="feed",
    tables=(CalendarFeed,),
    reactions=(
        Reaction(OfficeEnded, office_ended),
        Reaction(AdminEnded, office_ended),
        Reaction(AccountGone, account_gone),
    ),
    erasures=(Erasure(Stage.ROWS, forget),),
    sections=(Section("calendar_feeds", export_feeds),),
    held=(counted("calendar_feeds", CalendarFeed.person_id),),
    audits=("feed.made", "feed.renewed", "feed.stopped"),
    kept={"calendar_feeds: expiry": "it ends with office, account or person, and opens nothing without them"},
    times=Times(past=(CalendarFeed.made_at,)),
)
