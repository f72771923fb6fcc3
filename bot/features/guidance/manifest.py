"""指导基层 Guidance, as a feature."""

from bot.core.feature import Expiry, Feature, Times
from bot.core.person_data import Erasure, HeldCount, Section, Stage
from bot.features.guidance.acts.enter import expire_links, expire_words, expire_years
from bot.features.guidance.acts.forget import forget_guidance
from bot.features.guidance.reads.export import count_guidance, export_guidance, export_links
from bot.features.guidance.tables import GrassrootsLink, GuidanceAssignment, GuidanceEntry
from bot.features.guidance.ticks import TICKS

FEATURE = Feature(
    name="guidance",
    ticks=TICKS,
    tables=(GrassrootsLink, GuidanceAssignment, GuidanceEntry),
    erasures=(Erasure(Stage.ROWS, forget_guidance),),
    sections=(Section("grassroots_links", export_links), Section("guidance", export_guidance)),
    held=(HeldCount("guidance", count_guidance),),
    audits=("guidance.linked", "guidance.unlinked", "guidance.chosen", "guidance.entered", "guidance.filled_slot"),
    expiries=(
        Expiry("guidance_words", expire_words),
        Expiry("guidance_years", expire_years),
        Expiry("grassroots_links", expire_links),
    ),
    times=Times(
        past=(
            GrassrootsLink.began_at,
            GrassrootsLink.ended_at,
            GuidanceAssignment.chosen_at,
            GuidanceEntry.entered_at,
        )
    ),
)
