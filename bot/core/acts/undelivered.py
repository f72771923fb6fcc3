"""What became of something that one person sent to another: it waits, or it did not arrive. Nobody is left to guess."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from loguru import logger

from bot.core.feature import standings
from bot.core.rules.say import Say
from bot.store.outbox import RELAY, Outgoing
from bot.store.unit import Unit

LATE: Final = timedelta(minutes=10)
"""So long something may wait for a bot that is away before whoever sent it is told."""


@dataclass(frozen=True, slots=True)
class StillWaits(Say):
    """To who sent something: no bot that the other one knows is connected; it goes out once one is."""

    template: ClassVar[str] = "common/still_waits"
    what: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class NotArrived(Say):
    """To who sent something: the platform did not take it, and it is not tried again."""

    template: ClassVar[str] = "common/not_arrived"
    what: str


async def tell_waits(unit: Unit, row: Outgoing) -> bool:
    """Tell its sender, once, that this still waits."""
    return await _tell(unit, row, StillWaits(row.by[1], row.since), "waits") if row.by is not None else False


async def tell_lost(unit: Unit, row: Outgoing) -> bool:
    """Tell its sender, once, that this did not arrive."""
    return await _tell(unit, row, NotArrived(row.by[1]), "lost") if row.by is not None else False


async def _tell(unit: Unit, row: Outgoing, say: Say, word: str) -> bool:
    if row.by is None:
        return False
    # Hashed: the row says to whom it goes, and must not lead to the row of what that person sent.
    key = f"{word}:" + unit.vault.mac("dedup", word, row.id).hex()
    return await unit.push_person(row.by[0], say, idem_key=key, priority=2)


async def tell_standing(unit: Unit, row: Outgoing, *, seen: bool) -> None:
    """Tell the feature that depends on this message whether it is out; an error there must not leave the row leased."""
    standing = standings().get(row.about[0]) if row.about is not None else None
    if standing is None or standing.became is None or row.about is None:
        return
    if seen and standing.one_statement:
        await standing.became(unit, row.about[1], seen)
        return
    try:
        async with unit.session.begin_nested():
            await standing.became(unit, row.about[1], seen)
    except Exception as error:
        logger.opt(exception=error).error("what hangs on a message was not told: {}", standing.name)


async def given_up(unit: Unit, row: Outgoing) -> None:
    """A message will not arrive: send its replacement, if it has one, and tell whoever must know."""
    await _push_fallback(unit, row)
    await tell_standing(unit, row, seen=False)
    standing = standings().get(row.about[0]) if row.about is not None else None
    if standing is None or not standing.tells:
        await tell_lost(unit, row)


async def _push_fallback(unit: Unit, row: Outgoing) -> None:
    """Queue what is said in place of a message that did not arrive, if anything is and it still holds."""
    if row.fallback is None:
        return
    standing = standings().get(row.about[0]) if row.about is not None else None
    about = row.about if standing is not None and standing.became is None else None
    if standing is not None and about is not None and not await standing.still(unit.session, about[1], unit.now):
        return
    address, words = row.fallback
    await unit.push_words(
        address,
        words,
        idem_key=f"else:{row.id}",
        cls=row.cls,
        kind=row.kind,
        priority=1,
        person_id=row.person_id,
        key_id=row.key_id,
        about=about,
        nameless=row.kind == RELAY,  # whoever spoke may have done so without their name
    )
