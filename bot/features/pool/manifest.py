"""心愿池 Wish pools, as a feature."""

from bot.core.feature import Feature
from bot.features.pool.ticks import TICKS

FEATURE = Feature(
    name="pool",
    ticks=TICKS,
)
