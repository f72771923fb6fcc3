"""五个一 The five ones, as a feature."""

from bot.core.feature import Feature

FEATURE = Feature(
    name="five_ones",
)
