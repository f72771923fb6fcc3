"""匿名规则 of this installation (13.3)."""

from pathlib import Path

from bot.core.shipped import own_or_shipped
from bot.features.anonymous.rules.anonymous import AnonymousRules


def anonymous_rules(path: Path | None = None) -> AnonymousRules:
    """When anonymous voices come out: the shipped rules or the organ's stricter copy."""
    return AnonymousRules.from_data(own_or_shipped(path, "anonymous", "rules.toml"))
