"""屏蔽: a cadre keeps an unknown asker from opening another anonymous relay, without learning who it is (P25)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import delete, func, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.expire import drop_batch
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.rules.people import Actor, Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.relay.acts.end import end_relay, give_up_for
from bot.features.relay.acts.route import take
from bot.features.relay.reads.relay import seat_of
from bot.features.relay.rules.relay import (
    RelayBlockNamed,
    RelayBlockNobody,
    RelayEnd,
    RelayNoBlocks,
    RelaySide,
    RelayState,
)
from bot.features.relay.tables import Relay, RelayAfter, RelayBlock, block_tag, person_index
from bot.store.base import new_id
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class UnblockData:
    """The blocks in the order shown."""

    ids: tuple[int, ...]


UNBLOCK: Final = Question("relay.unblock", Asks.OFFICE, UnblockData, silence=ends, reason=always)
ALL: Final = "all"
MOST_LISTED: Final = 8
"""Blocks that one question lists, the newest first; the last option is all of them."""


@dataclass(frozen=True, slots=True)
class RelayBlocked(Say):
    """To the cadre: this asker opens no anonymous relay to them any more; where abuse is reported."""

    template: ClassVar[str] = "relay/blocked"
    ended: bool


@dataclass(frozen=True, slots=True)
class RelayBlockOffered(Say):
    """``屏蔽 <号>``: what can be done about an insult in an item; the same for whatever number (P25).

    Nobody is blocked by a number: whether an unknown asker is blocked already would tell who they are.
    """

    template: ClassVar[str] = "relay/block_offered"
    ref: str


@dataclass(frozen=True, slots=True)
class RelayUnblockAsked(Say):
    """Several are blocked: which one, told by the moment at which the cadre did it."""

    template: ClassVar[str] = "relay/unblock_which"
    blocked: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class RelayUnblocked(Say):
    """They may ask again; ``left`` others may not."""

    template: ClassVar[str] = "relay/unblocked"
    count: int
    left: int


async def block(unit: Unit, actor: Actor) -> Say:
    """``屏蔽``: during an anonymous relay or its request, which ends, or within the hour after it."""
    me = _me(actor)
    relay_id = await _with_me(unit, me)
    if relay_id is not None:
        taken = await take(unit, relay_id, to_end=True)
        if taken is None:
            raise RelayBlockNobody
        relay, route = taken
        if not relay.anonymous:
            raise RelayBlockNamed
        await _enter(unit, actor, block_tag(unit.vault, me, route.youth.person_id))
        if relay.state == RelayState.OPEN:
            await end_relay(unit, relay, route, RelayEnd.OVER, by=RelaySide.CADRE)
        else:
            await give_up_for(unit, relay, route, by_cadre=True)
        return RelayBlocked(ended=True)
    after = await unit.session.execute(
        select(RelayAfter)
        .where(RelayAfter.cadre_index == person_index(unit.vault, me), RelayAfter.until > unit.now)
        .order_by(RelayAfter.until.desc())
        .limit(1)
    )
    found = after.scalar_one_or_none()
    if found is None:
        raise RelayBlockNobody
    await _enter(unit, actor, found.tag)
    await unit.session.delete(found)
    await unit.session.flush()
    return RelayBlocked(ended=False)


async def _with_me(unit: Unit, me: int) -> int | None:
    """The relay in which this person is the cadre now, else the request they are being asked about."""
    seat = await seat_of(unit.session, unit.vault, me)
    if seat is not None and seat.side is RelaySide.CADRE:
        return seat.relay_id
    return await unit.session.scalar(
        select(Relay.id).where(Relay.cadre_index == person_index(unit.vault, me), Relay.state == RelayState.ASKED.value)
    )


async def _enter(unit: Unit, actor: Actor, tag: bytes) -> None:
    await unit.session.execute(
        insert_ignore(unit.session, RelayBlock).values(id=new_id(), cadre_id=_me(actor), tag=tag, at=unit.now)
    )
    await unit.audit(actor, "relay.blocked", role=Role.CADRE)


async def ask_unblock(unit: Unit, actor: Actor) -> Say | None:
    """``取消屏蔽``: the only one at once; of several the cadre says which, told by when they blocked it."""
    rows = await unit.session.execute(
        select(RelayBlock)
        .where(RelayBlock.cadre_id == _me(actor))
        .order_by(RelayBlock.at.desc(), RelayBlock.id)
        .limit(MOST_LISTED)
    )
    blocks = rows.scalars().all()
    if not blocks:
        raise RelayNoBlocks
    if len(blocks) == 1:
        return await _lift(unit, actor, [blocks[0].id])
    options = (*(str(n) for n in range(1, len(blocks) + 1)), ALL)
    say = RelayUnblockAsked(tuple(b.at for b in blocks))
    await ask_speaker(unit, actor, Ask(UNBLOCK, options, say, UnblockData(tuple(b.id for b in blocks))))
    return None


async def answer_unblock(unit: Unit, actor: Actor, question: Asked[UnblockData], answer: str) -> Say:
    """One of them, or every one there is."""
    if answer != ALL:
        return await _lift(unit, actor, [question.data.ids[int(answer) - 1]])
    rows = await unit.session.execute(select(RelayBlock.id).where(RelayBlock.cadre_id == _me(actor)))
    return await _lift(unit, actor, list(rows.scalars()))


async def _lift(unit: Unit, actor: Actor, ids: list[int]) -> Say:
    done = await unit.session.execute(
        delete(RelayBlock)
        .where(RelayBlock.cadre_id == _me(actor), RelayBlock.id.in_(ids))
        .returning(RelayBlock.id)
        .execution_options(synchronize_session=False)
    )
    lifted = len(done.all())
    await unit.audit(actor, "relay.unblocked", role=Role.CADRE, n=lifted)
    left = await unit.session.scalar(
        select(func.count()).select_from(RelayBlock).where(RelayBlock.cadre_id == _me(actor))
    )
    return RelayUnblocked(lifted, left or 0)


def _me(actor: Actor) -> int:
    if actor.person_id is None:
        raise RuntimeError("a stranger reached an action for cadres")
    return actor.person_id


async def expire_blocks(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """屏蔽 ends by itself; returns how many did."""
    return await drop_batch(unit, RelayBlock, RelayBlock.id, limit, RelayBlock.at < unit.now - periods.relay_blocks)
