"""How an offer is understood, as shipped."""

from functools import lru_cache

from bot.core.shipped import shipped
from bot.features.resource.rules.resource import ResourceWords


@lru_cache(maxsize=1)
def resource_words() -> ResourceWords:
    """The units and words by which an offer is understood (R2.7, P36)."""
    return ResourceWords(shipped("pool", "resources.toml"))
