"""A linear model with a margin, fitted by dual coordinate descent: small, seeded, the same on every machine."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

Row = Sequence[tuple[int, float]]
"""One example: the number of each trait and its size."""
SEED: Final = 20_261_201
BIAS: Final = 1.0


@dataclass
class Margin:
    """Weights for one yes-or-no question, by least squared hinge; keeps what each example has put in.

    An example can therefore be taken out again, and a few rounds more give the model that never saw it: that makes
    cross-validation cheap.
    """

    rows: Sequence[Row]
    yes: Sequence[bool]
    cost: Sequence[float]
    traits: int
    weights: list[float] = field(init=False)
    bias: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.weights = [0.0] * self.traits
        self._put_in = [0.0] * len(self.rows)
        self._square = [sum(size * size for _, size in row) + BIAS**2 for row in self.rows]

    def fit(self, examples: Iterable[int], rounds: int) -> None:
        """Go over ``examples`` so many times, in an order that the seed decides."""
        order, shuffle = list(examples), random.Random(SEED)
        for _ in range(rounds):
            shuffle.shuffle(order)
            for at in order:
                self._step(at)

    def forget(self, examples: Iterable[int]) -> None:
        """Take out what these examples have put in."""
        for at in examples:
            self._add(at, -self._put_in[at])
            self._put_in[at] = 0.0

    def score(self, row: Row) -> float:
        """Above zero is yes."""
        return sum(self.weights[trait] * size for trait, size in row) + self.bias

    def _step(self, at: int) -> None:
        sign, slack = (1.0 if self.yes[at] else -1.0), 1 / (2 * self.cost[at])
        slope = sign * self.score(self.rows[at]) - 1 + slack * self._put_in[at]
        before = self._put_in[at]
        after = max(0.0, before - slope / (self._square[at] + slack))
        self._put_in[at] = after
        self._add(at, after - before)

    def _add(self, at: int, share: float) -> None:
        if share:
            share = share if self.yes[at] else -share
            for trait, size in self.rows[at]:
                self.weights[trait] += share * size
            self.bias += share * BIAS
