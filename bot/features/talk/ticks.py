"""Ticks of talks: the repeated notice, talks that fell silent, talks whose 要点 never came (P4)."""

from typing import Final

from bot.core.feature import Look, Tick
from bot.features.talk.acts.gone import close_without_cadre
from bot.features.talk.acts.stop import close_idle, close_stopped, repeat_notice
from bot.features.talk.reads.talk import talks_due
from bot.store.unit import Unit


async def tick_talk(unit: Unit, talk_id: int, _look: Look) -> bool:
    """The one thing that is due for this talk; each looks once more under its lock."""
    return (
        await close_without_cadre(unit, talk_id) is not None
        or await close_idle(unit, talk_id) is not None
        or await repeat_notice(unit, talk_id)
        or await close_stopped(unit, talk_id) is not None
    )


TICKS: Final = (Tick("talk.look", talks_due, tick_talk),)
