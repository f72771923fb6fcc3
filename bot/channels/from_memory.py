"""What is said from memory: answers that were born leased, and answers that recorded nothing."""

from collections import deque
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Final

from bot.channels.pacing import FOREVER
from bot.channels.under_way import UnderWay
from bot.core.rules.message import Address, OutSegment
from bot.store.outbox import Outgoing, conversation
from bot.store.sealing import Vault

EXPRESS_WAITING: Final = 32
"""Answers born leased that may wait at once: with two a second they are out long before their lease ends."""
ANSWERS_WAITING: Final = 1_000
"""Answers that record nothing, held in memory; the oldest is dropped beyond this."""


class FromMemory:
    """``wait`` says in how many seconds a row may go, ``wait_answer`` in how many a bot may answer; ``deliver`` sends
    rows, ``carry`` what recorded nothing.
    """

    def __init__(
        self,
        vault: Vault,
        under_way: UnderWay,
        wait: Callable[[Outgoing], float],
        wait_answer: Callable[[str], float],
        deliver: Callable[..., Coroutine[Any, Any, bool]],
        carry: Callable[[Address, Sequence[OutSegment]], Coroutine[Any, Any, Any]],
    ) -> None:
        self._vault, self._under_way = vault, under_way
        self._wait, self._wait_answer, self._deliver, self._carry = wait, wait_answer, deliver, carry
        self.express: deque[Outgoing] = deque()
        self._answers: deque[tuple[Address, Sequence[OutSegment]]] = deque()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.express or self._answers)

    def may_take(self) -> bool:
        """Whether one more answer may be born leased."""
        return len(self.express) < EXPRESS_WAITING

    def take(self, rows: Collection[Outgoing]) -> None:
        """Rows that were born leased."""
        self.express.extend(rows)

    def back(self, rows: Sequence[Outgoing]) -> None:
        """Rows that were taken and not tried: they are first again."""
        self.express.extendleft(reversed(rows))

    def answer(self, address: Address, segments: Sequence[OutSegment]) -> None:
        """Something that recorded nothing."""
        if len(self._answers) >= ANSWERS_WAITING:
            self._answers.popleft()
        self._answers.append((address, segments))

    def send(self) -> float:
        """Send what may go now; in how many seconds something else may."""
        return min(self._send_express(), self._send_answers())

    def _send_express(self) -> float:
        """In order within a conversation; what may go now goes in one run."""
        later: deque[Outgoing] = deque()
        runs: dict[bytes, list[Outgoing]] = {}
        held: set[bytes] = set()
        wait = FOREVER
        for row in self.express:
            full = row.conv not in runs and self._under_way.full(len(runs))
            if row.conv in self._under_way.busy or row.conv in held or full:
                delay = None
            elif row.together and row.conv in runs and runs[row.conv][-1].together:
                delay = 0.0  # the same message tells both
            else:
                delay = self._wait(row)
                wait = min(wait, delay) if delay > 0 else wait
            if delay == 0:
                runs.setdefault(row.conv, []).append(row)
            else:
                if not row.together or delay is None:  # an answer need not wait for receipts that are still gathered
                    held.add(row.conv)
                later.append(row)
        self.express = later
        for conv, rows in runs.items():
            self._under_way.spawn(conv, self._deliver(*rows), look=False)
        return wait

    def _send_answers(self) -> float:
        later: deque[tuple[Address, Sequence[OutSegment]]] = deque()
        wait = FOREVER
        while self._answers:
            address, segments = self._answers.popleft()
            conv = conversation(self._vault, address)
            if conv in self._under_way.busy or self._under_way.full():
                later.append((address, segments))
                continue
            delay = self._wait_answer(address.bot_id)
            if delay > 0:
                later.append((address, segments))
                later.extend(self._answers)
                self._answers.clear()
                wait = min(wait, delay)
                break
            self._under_way.spawn(conv, self._carry(address, segments), look=False)
        self._answers = later
        return wait
