"""心愿池规则 of this installation (R2.6, R2.7, P12)."""

from pathlib import Path

from bot.core.shipped import own_or_shipped
from bot.features.pool.rules.pool import PoolRules


def pool_rules(path: Path | None = None) -> PoolRules:
    """The shipped table or the operator's; ``PoolRulesWrong`` for what is not allowed, before the bot starts."""
    return PoolRules.from_data(own_or_shipped(path, "pool", "rules.toml"))
