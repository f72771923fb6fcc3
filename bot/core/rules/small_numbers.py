"""小数保护: numbers about fewer than five people are not shown, nor can they be worked out from what is (P23, P30)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

LEAST_PEOPLE: Final = 5
"""People behind any number that is shown, at least."""


@dataclass(frozen=True, slots=True)
class Published:
    """可公布的数: the cells that may be shown, what the others come to together, and the sum of all.

    ``rest`` 0: there are no others. ``total`` None: nothing of it may be shown.
    """

    cells: Mapping[str, int]
    rest: int
    total: int | None


NOTHING: Final = Published({}, 0, None)


def published(cells: Mapping[str, Collection[int | None]], *, least: int = LEAST_PEOPLE) -> Published:
    """Which cells may be shown; a cell has one entry an item: the person behind it, None where they were erased.

    Small cells are put together without names, and as many of the next smallest with them as it takes until at least
    ``least`` people stand behind what is put together: so the total less what is shown never speaks of fewer.
    """
    filled = {name: items for name, items in cells.items() if items}
    together = [name for name in filled if _people(filled, [name]) < least]
    shown = sorted((name for name in filled if name not in together), key=lambda n: (_people(filled, [n]), n))
    while together and _people(filled, together) < least and shown:
        together.append(shown.pop(0))
    if _people(filled, list(filled)) < least or (together and _people(filled, together) < least):
        return NOTHING
    return Published(
        {name: len(filled[name]) for name in filled if name in shown},
        sum(len(filled[name]) for name in together),
        sum(map(len, filled.values())),
    )


def published_share(
    yes: Collection[int | None], no: Collection[int | None], *, least: int = LEAST_PEOPLE
) -> int | None:
    """``yes`` of all in whole per cent; None unless each side is empty or has enough people."""
    if any(items and len(_distinct(items)) < least for items in (yes, no)) or len(_distinct([*yes, *no])) < least:
        return None
    return round(100 * len(yes) / (len(yes) + len(no)))


def published_median(values: Mapping[int, Collection[float]], *, least: int = LEAST_PEOPLE) -> float | None:
    """The middle of all values; ``values`` are gathered by person."""
    if sum(bool(found) for found in values.values()) < least:
        return None
    return median(value for found in values.values() for value in found)


def _people(cells: Mapping[str, Collection[int | None]], names: Collection[str]) -> int:
    return len(_distinct([person for name in names for person in cells[name]]))


def _distinct(items: Collection[int | None]) -> set[int]:
    return {person for person in items if person is not None}
