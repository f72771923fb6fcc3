"""心愿池 Wish pools, as a feature."""

from bot.core.feature import Feature

FEATURE = Feature(
    name="pool",
)
