"""What a unit of work needs of the store that hands it out."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol

from bot.store import chain, outbox
from bot.store.crowd import Crowd
from bot.store.sealing import Vault
from bot.store.waiting import Candidate


class Home(Protocol):
    """What a unit needs of the store that hands it out."""

    vault: Vault
    node: str
    tombstones: Path | None
    chain_head: chain.Head | None
    begun: bool
    """Whether there were data at the start."""
    crowd: Crowd
    here: Callable[[str], bool]
    """Whether this bot is connected."""
    beside: Callable[[str, str], str]
    """A connected bot of ours in a group (channel, native id); empty for none."""

    def position(self) -> int:
        """The next place in the order of everything that comes in and goes out."""
        ...

    def express(self, bot_id: str) -> str | None:
        """Who would take an answer of this bot right after the commit."""
        ...

    def hand_over(self, rows: Collection[outbox.Outgoing]) -> None:
        """Give committed answers to the sender that leased them."""

    def wake(self, bots: Collection[str], fresh: Collection[Candidate]) -> None:
        """Tell that rows wait for these bots, and which of them may go out at once."""

    def signal(self, topic: str, value: Any) -> None:
        """Tell listeners in this process."""
