"""变动: what has happened is told to whoever declared a reaction to it, in the order of the features."""

from bot.core.feature import features
from bot.store.unit import Unit


async def happened(unit: Unit, event: object) -> None:
    """Let every feature react, within the unit of the change."""
    for feature in features():
        for reaction in feature.reactions:
            if isinstance(event, reaction.to):
                await reaction.act(unit, event)
