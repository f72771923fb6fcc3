"""One table: figure, ours, contender, ratio, target, ok or miss."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.bench.contenders import Contender


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. ``value`` is held against ``most``; without a limit it is told for information."""

    name: str
    ours: str
    contender: str = ""
    value: float | None = None
    most: float | None = None
    unit: str = ""
    ratio: bool = False

    @property
    def target(self) -> str:
        """The promise in words."""
        if self.most is None:
            return ""
        return f"≤ {self.most:g} ×" if self.ratio else f"≤ {self.most:g} {self.unit}".rstrip()

    @property
    def verdict(self) -> str:
        """``ok``, ``miss``, or nothing."""
        if self.most is None or self.value is None:
            return ""
        return "ok" if self.value <= self.most else "miss"


def each(contender: Contender) -> float:
    """Milliseconds of processor time a message, median over the rounds."""
    return statistics.median(cost.each for cost in contender.costs)


def compared(name: str, ours: Contender, other: Contender, most: float | None = None) -> Figure:
    """The ratio is the median of the rounds' ratios: both sides of one were measured a moment apart."""
    ratio = statistics.median(a.each / b.each for a, b in zip(ours.costs, other.costs, strict=True))
    return Figure(name, f"{each(ours):.3f} ms", f"{other.name}: {each(other):.3f} ms", ratio, most, ratio=True)


def limited(name: str, value: float, most: float | None, unit: str, contender: str = "") -> Figure:
    """A figure of ours against a limit of its own."""
    return Figure(name, f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}", contender, value, most, unit)


def show(figures: Sequence[Figure], facts: str, *, seconds: float) -> None:
    """Print it."""
    console = Console(width=150)
    table = Table(title="CPU per message is user and system time of the bot's process; medians", title_justify="left")
    for column in ("figure", "ours", "contender", "ratio", "target", ""):
        table.add_column(column, overflow="fold")
    for one in figures:
        ratio = f"{one.value:.2g} ×" if one.ratio and one.value is not None else ""
        colour = {"ok": "[green]ok[/]", "miss": "[red]miss[/]"}.get(one.verdict, "")
        table.add_row(one.name, one.ours, one.contender, ratio, one.target, colour)
    console.print(table)
    console.print(f"{facts}; {seconds:.0f} s", highlight=False)
