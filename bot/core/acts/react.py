"""变动: what has happened is told to whoever declared a reaction to it, in the order of the features."""

from bot.core.feature import features
from bot.core.rules.message import Notice
from bot.store.unit import Unit


async def happened(unit: Unit, event: object) -> None:
    """Let every feature react, within the unit of the change."""
    for feature in features():
        for reaction in feature.reactions:
            if isinstance(event, reaction.to):
                await reaction.act(unit, event)


async def heard(unit: Unit, notice: Notice) -> None:
    """Let every feature do what it declares for what a platform tells."""
    for feature in features():
        for one in feature.notices:
            if one.kind is notice.kind:
                await one.act(unit, notice)
