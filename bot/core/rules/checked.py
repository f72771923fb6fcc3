"""Words that somebody hands in: how long they are, and what they may not hold."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from bot.core.rules.mentions import without_strangers
from bot.core.rules.refusal import Refusal

Bound = tuple[int, type[Refusal]]
"""A number of characters, and what is refused with beyond it."""
Forbidden = Mapping[Callable[[str], object], type[Refusal]]
"""What looks for something in the words, and what is refused with where it finds any; in the order of the looks."""
NOTHING: Final[Forbidden] = {}


def checked(
    text: str,
    *,
    most: Bound,
    least: Bound | None = None,
    forbid: Forbidden = NOTHING,
    names: Collection[str] | None = (),
) -> str:
    """The text without outer spaces. Refuses what is too short (``least``), too long (``most``, ``length``), then
    what holds something forbidden.

    An @ names nobody but ``names`` in what one person writes and another reads (P3). None: these are a youth's own
    words for those they chose, or the caller has cut them with the names of whoever agreed.
    """
    plain = (text if names is None else without_strangers(text, names)).strip()
    if least is not None and len(plain) < least[0]:
        raise least[1](least=least[0])
    if len(plain) > most[0]:
        raise most[1](most=most[0], length=len(plain))
    for found_in, refusal in forbid.items():
        if found_in(plain):
            raise refusal
    return plain
