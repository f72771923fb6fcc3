"""The table of the pools: the shipped one, or the operator's copy (R2.6, R2.7, P12)."""

import tomllib
from pathlib import Path
from typing import Final

from bot.features.pool.rules.pool import PoolRules

SHIPPED: Final = Path(__file__).with_name("pool.toml")


def read_pool_rules(path: Path | None = None) -> PoolRules:
    """Read the table; raises ``PoolRulesWrong`` for a number that the rules do not allow, before the bot starts."""
    return PoolRules.from_data(tomllib.loads((path or SHIPPED).read_text(encoding="utf-8")))
