"""五个一 The five ones, as a feature."""

from bot.core.feature import DigestSource, Feature
from bot.features.five_ones.digest import windows_open

FEATURE = Feature(
    name="five_ones",
    digest=(DigestSource(windows_open),),
)
