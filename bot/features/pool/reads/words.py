"""How a wish is de-identified, as shipped."""

from functools import lru_cache

from bot.core.shipped import labels, shipped
from bot.features.pool.rules.words import PoolWords


@lru_cache(maxsize=1)
def pool_words() -> PoolWords:
    """The lists by which a wish is de-identified, and the words of its blanks (P12)."""
    return PoolWords.from_data(shipped("pool", "words.toml"), labels()["blank"])
