"""对接 Match: how far a wish is with what was offered for it; the owner is asked, then the provider (R2.7)."""

from enum import StrEnum
from typing import Final


class MatchState(StrEnum):
    """对接状态: the owner is asked, then the provider; both yes, and the wish is claimed by the resource."""

    OWNER_ASKED = "owner_asked"
    PROVIDER_ASKED = "provider_asked"
    CLAIMED = "claimed"
    DONE = "done"
    ENDED = "ended"
    """A no of either side, silence, or the wish went another way; which of these is kept nowhere (P5)."""


ASKING: Final = frozenset({MatchState.OWNER_ASKED, MatchState.PROVIDER_ASKED})
RESERVED: Final = ASKING | {MatchState.CLAIMED, MatchState.DONE}
"""Matches that take one of what a resource has; all others give it back."""
_MATCH_EDGES: Final[frozenset[tuple[MatchState, MatchState]]] = frozenset(
    {
        (MatchState.OWNER_ASKED, MatchState.PROVIDER_ASKED),
        (MatchState.PROVIDER_ASKED, MatchState.CLAIMED),
        (MatchState.CLAIMED, MatchState.DONE),
        (MatchState.DONE, MatchState.CLAIMED),  # 收到 taken back
        (MatchState.OWNER_ASKED, MatchState.ENDED),
        (MatchState.PROVIDER_ASKED, MatchState.ENDED),
        (MatchState.CLAIMED, MatchState.ENDED),
    }
)


def may_match_step(before: MatchState, after: MatchState) -> bool:
    """Whether a match may go from one state to another; what has ended never comes back."""
    return (before, after) in _MATCH_EDGES
