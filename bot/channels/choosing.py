"""Which of the rows that are due may go now."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.channels.pacing import FOREVER
from bot.store.outbox import GATHERED
from bot.store.waiting import Candidate


@dataclass(frozen=True, slots=True)
class Chosen:
    """``rows`` may go now, another one in ``wait`` seconds; ``held_back``: one waits for a conversation or a place."""

    rows: Sequence[int]
    wait: float
    held_back: bool


def choose(
    due: Sequence[Candidate],
    *,
    busy: Collection[bytes],
    full: Callable[[int], bool],
    delay: Callable[[Candidate], float],
    gathers: bool,
) -> Chosen:
    """At most one of a conversation, or the receipts that stand one behind another there and are told together.

    ``full`` says whether no sending beside so many has a place, ``delay`` in how many seconds a row may go. A receipt
    that is still gathered holds up no other answer.
    """
    chosen: dict[bytes, list[int]] = {}
    gathering, held = set[bytes](), set[bytes]()
    wait, held_back = FOREVER, False
    for row in due:
        together = gathers and row.kind == GATHERED
        if together and row.conv in gathering:
            chosen[row.conv].append(row.id)
        elif row.conv in busy or row.conv in held or row.conv in chosen:
            held_back = True
            gathering.discard(row.conv)
        elif full(len(chosen)):
            held_back = True
            break
        elif (later := delay(row)) > 0:
            wait = min(wait, later)
            if not together:
                held.add(row.conv)
        else:
            chosen[row.conv] = [row.id]
            if together:
                gathering.add(row.conv)
    return Chosen(list(chain.from_iterable(chosen.values())), wait, held_back)
