"""心愿池的各级 The ladder of organs with a pool, 县 → 市 → 省, and who may read what goes up it (R2.6, P12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.rules.people import OrgLevel

LADDER: Final = (OrgLevel.COUNTY, OrgLevel.CITY, OrgLevel.PROVINCE)
"""The levels that have a pool, from below; the centre has none."""


@dataclass(frozen=True, slots=True)
class Rung:
    """心愿池的一级: the pool of one organ on the way up."""

    level: OrgLevel
    org_id: int


def rungs(chain: Iterable[tuple[int, OrgLevel]]) -> tuple[Rung, ...]:
    """The pools above an organisation, nearest first; ``chain`` goes from it upwards. Levels may be missing.

    Of two of one level the nearer counts, and nothing leads down again.
    """
    found: list[Rung] = []
    for org_id, level in chain:
        if level in LADDER and (not found or LADDER.index(level) > LADDER.index(found[-1].level)):
            found.append(Rung(level, org_id))
    return tuple(found)
