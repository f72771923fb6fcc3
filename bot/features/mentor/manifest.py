"""结对 Mentoring, as a feature."""

from bot.core.events import OfficeEnded
from bot.core.feature import Expiry, Feature, Reaction, Times
from bot.core.person_data import Erasure, Section, Stage
from bot.features.mentor.acts.forget import forget_mentor_links
from bot.features.mentor.acts.link import expire_mentor_links, office_ended
from bot.features.mentor.reads.export import export_mentor_links
from bot.features.mentor.tables import MentorLink

FEATURE = Feature(
    name="mentor",
    tables=(MentorLink,),
    erasures=(Erasure(Stage.ROWS, forget_mentor_links),),
    sections=(Section("mentor_links", export_mentor_links),),
    audits=("mentor.linked", "mentor.unlinked"),
    reactions=(Reaction(OfficeEnded, office_ended),),
    expiries=(Expiry("mentor_links", expire_mentor_links),),
    times=Times(past=(MentorLink.began_at, MentorLink.ended_at)),
)
