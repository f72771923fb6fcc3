"""What a wish may not ask for, as shipped."""

from functools import lru_cache

from bot.core.shipped import shipped
from bot.features.wish.rules.text import WishWords


@lru_cache(maxsize=1)
def wish_words() -> WishWords:
    """The word list of what a wish may not ask for (P36)."""
    return WishWords.from_data(shipped("wish", "words.toml"))
