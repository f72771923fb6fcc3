"""五个一 in the digest of a morning: what a window still lacks, and how long it is yet."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.digest import DigestLine
from bot.core.rules.five_ones import FiveOnesState
from bot.core.rules.people import Actor, Role
from bot.features.five_ones.reads.progress import progress
from bot.store.sealing import Vault

WEIGHT = 3


async def windows_open(session: AsyncSession, _vault: Vault, actor: Actor, look: Look) -> Sequence[DigestLine]:
    """A line for each window in which something is missing."""
    if not actor.has(Role.CADRE):
        return []
    found = await progress(session, actor, look.workdays, now=look.now)
    return [_line(one.state) for one in found.windows if one.state.due]


def _line(state: FiveOnesState) -> DigestLine:
    last = state.window.last
    values = (state.counted, state.least, last.month, last.day, state.workdays_left)
    return DigestLine("five_ones", values, "进度", WEIGHT)
