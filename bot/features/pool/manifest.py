"""心愿池 Wish pools, as a feature."""

from bot.core.feature import Feature
from bot.features.pool.acts.ask_owner import POOL, POOL_TEXT
from bot.features.pool.acts.enter import ALONG
from bot.features.pool.ticks import TICKS

FEATURE = Feature(
    name="pool",
    ticks=TICKS,
    questions=(
        POOL,
        POOL_TEXT,
        ALONG,
    ),
    audits=(
        "wish.pool_asked",
        "read.pool",
    ),
)
