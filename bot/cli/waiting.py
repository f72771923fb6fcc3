"""``waiting``: what nobody can take, not even above. Counts, kinds and ages; no words, no names (P12, P13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.cli.session import load_settings, open_store, refusals, run
from bot.cli.shell import command, tell
from bot.config import Settings
from bot.core.feature import features
from bot.core.shipped import labels
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    """运维名单的一行: a kind, how many of it wait, and for how many days the oldest does."""

    kind: str
    count: int
    days: int


@command("waiting")
def waiting() -> None:
    """One line a kind; whoever runs the bot asks the committee who shall take it."""
    tell("waiting_list", lines=run(_read(load_settings())))


async def _read(settings: Settings) -> list[Line]:
    async with open_store(settings) as store:
        with refusals():
            return await stranded(store)


async def stranded(store: Store) -> list[Line]:
    """Every kind of which something waits, as the features declare them."""
    now, found = store.clock.now(), list[Line]()
    async with store.read() as session:
        for source in (one for feature in features() for one in feature.stranded):
            since = await source.read(session, store.vault, now)
            if since:
                found.append(Line(labels()["stranded"][source.name], len(since), _days(min(since), now)))
    return found


def _days(since: datetime, now: datetime) -> int:
    return max(0, (now - since).days)


COMMANDS: Final = (waiting,)
