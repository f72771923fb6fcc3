"""微心愿 Wish: its states, who may move it from one to the next, and when it is reminded of (R2.5–R2.7, 6.5).

The table below is the whole law: ``step`` is the only way from one standing to the next, for commands, answers and
ticks alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.refusal import NotFound, Refusal

ASK_AGAIN_AFTER: Final = timedelta(days=90)
"""An owner who did not agree is not asked again for so long (P5)."""
AGES: Final = (timedelta(days=7), timedelta(days=15), timedelta(days=30))
"""Ages by which waiting wishes are counted: up to a week, half a month, a month, and older."""


VALUE_CAP: Final = 200
"""元 at most that a wish may cost (P36); a deploying organ may lower it, never raise it."""
SAME_WITHIN: Final = timedelta(minutes=10)
"""The same wish by the same youth again within this time asks first (reliability section 4)."""
IDLE_NOTICE_AFTER: Final = timedelta(days=11)
"""A claim on which nothing happened: its holder is told that it goes back soon, and how to keep it."""
IDLE_RELEASE_AFTER: Final = timedelta(days=14)
"""A claim on which nothing happened goes back to where it was claimed."""
CONFIRM_AGAIN_AFTER: Final = timedelta(days=7)
"""An owner who has not said whether it arrived is asked again, at most once a week; silence never fulfils."""
WAITING_WORKDAYS: Final = 3
"""A wish that nobody helps with for more workdays than these is brought to its cadre's mind."""
STALE_AFTER: Final = timedelta(days=30)
"""A wish that is still open after so long is brought to mind again (R2.7)."""
REOPEN_WITHIN: Final = timedelta(days=30)
"""How long an owner may take back 收到, or open a declined wish again."""
LIST_PAGE: Final = 10
"""Wishes on one page of a list."""
MAX_OPEN: Final = 20
"""Wishes of one youth that may wait at the same time."""
MAX_TEXT: Final = 300
"""Characters of a wish at most: it is read in chat, in a list."""
MAX_DONE: Final = 300
"""Characters of how it was fulfilled, of a reason and of what was not received, at most."""


@dataclass(frozen=True, slots=True)
class WishCap:
    """心愿上限: 元 at most that a wish of this installation may cost."""

    yuan: int = VALUE_CAP


class WishState(StrEnum):
    """心愿状态: where a wish is; the last three are closed."""

    DRAFT = "draft"
    OPEN = "open"
    CADRE_HELPING = "cadre_helping"
    POOLED = "pooled"
    CLAIMED = "claimed"
    SHARED = "shared"
    """Goes on as part of another youth's wish (拼好愿): who is at that one is at this one too."""
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


CLOSED: Final = frozenset({WishState.FULFILLED, WishState.DECLINED, WishState.WITHDRAWN})
HELD: Final = frozenset({WishState.CADRE_HELPING, WishState.CLAIMED})
"""Somebody has claimed it and is at it."""
CARRIED: Final = HELD | {WishState.SHARED}
"""What may have a holder: of a shared one, whoever holds the wish it is part of."""
WAITING: Final = frozenset({WishState.OPEN, WishState.POOLED})
"""Nobody has claimed it."""


class WishKind(StrEnum):
    """心愿类别: the kinds that are shipped; an organ may add others in ``labels.toml``. Says nothing of the person."""

    BLESSING = "blessing"
    STUDY = "study"
    SPORT = "sport"
    BIRTHDAY = "birthday"
    WINTER_WARMTH = "winter_warmth"
    OTHER = "other"


class WishAct(StrEnum):
    """心愿动作: what somebody does with a wish."""

    POST = "post"
    CLAIM = "claim"
    KEEP = "keep"
    """Claims again what they hold already: the time of an idle claim begins anew."""
    RELEASE = "release"
    POOL = "pool"
    """The owner's yes to the cadre's question; nothing else brings a wish into a pool."""
    CLIMB = "climb"
    """From a pool to the pool of the level above, as far as the owner agreed."""
    LEAVE_POOL = "leave_pool"
    """Out of the pool and back to the cadre: the owner's no, or nobody took it up to the top."""
    JOIN = "join"
    """Becomes part of another wish: the owner's yes to the cadre's question."""
    PART = "part"
    """On its own again, with the cadre."""
    GO_ON = "go_on"
    """Takes the place of the wish it was part of, which is over for its owner."""
    REPORT_DONE = "report_done"
    FULFIL = "fulfil"
    """The owner's 收到."""
    REOPEN = "reopen"
    """The owner's 没收到, also after 收到 or a 婉拒."""
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    """Nobody has been in contact with its owner for so long that its words may not be kept any longer (P20)."""


class WishParty(StrEnum):
    """心愿的哪一方: in which part somebody acts on a wish."""

    OWNER = "owner"
    CADRE = "cadre"
    """The linked cadre."""
    HOLDER = "holder"
    """Who has claimed it."""
    HELPER = "helper"
    """A cadre or organ in whose reach the pool is."""
    CLOCK = "clock"
    """Time ran out, a contact ended, somebody left: nobody acts."""


_BY: Final[Mapping[WishAct, frozenset[WishParty]]] = {
    WishAct.POST: frozenset({WishParty.OWNER}),
    WishAct.CLAIM: frozenset({WishParty.CADRE, WishParty.HELPER}),
    WishAct.KEEP: frozenset({WishParty.HOLDER}),
    WishAct.RELEASE: frozenset({WishParty.HOLDER, WishParty.CLOCK}),
    WishAct.POOL: frozenset({WishParty.OWNER}),
    WishAct.CLIMB: frozenset({WishParty.CLOCK}),
    WishAct.LEAVE_POOL: frozenset({WishParty.OWNER, WishParty.CLOCK}),
    WishAct.JOIN: frozenset({WishParty.OWNER}),
    WishAct.PART: frozenset({WishParty.OWNER, WishParty.CLOCK}),
    WishAct.GO_ON: frozenset({WishParty.CLOCK}),
    WishAct.REPORT_DONE: frozenset({WishParty.HOLDER}),
    WishAct.FULFIL: frozenset({WishParty.OWNER}),
    WishAct.REOPEN: frozenset({WishParty.OWNER}),
    WishAct.DECLINE: frozenset({WishParty.CADRE, WishParty.HOLDER}),
    WishAct.WITHDRAW: frozenset({WishParty.OWNER}),
    WishAct.LAPSE: frozenset({WishParty.CLOCK}),
}

_EDGES: Final[Mapping[tuple[WishState, WishAct], WishState]] = {
    (WishState.DRAFT, WishAct.POST): WishState.OPEN,
    (WishState.DRAFT, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.OPEN, WishAct.CLAIM): WishState.CADRE_HELPING,
    (WishState.OPEN, WishAct.DECLINE): WishState.DECLINED,
    (WishState.OPEN, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.OPEN, WishAct.LAPSE): WishState.WITHDRAWN,
    (WishState.CADRE_HELPING, WishAct.KEEP): WishState.CADRE_HELPING,
    (WishState.CADRE_HELPING, WishAct.RELEASE): WishState.OPEN,
    (WishState.CADRE_HELPING, WishAct.POOL): WishState.POOLED,
    (WishState.CADRE_HELPING, WishAct.REPORT_DONE): WishState.CADRE_HELPING,
    (WishState.CADRE_HELPING, WishAct.FULFIL): WishState.FULFILLED,
    (WishState.CADRE_HELPING, WishAct.REOPEN): WishState.CADRE_HELPING,
    (WishState.CADRE_HELPING, WishAct.DECLINE): WishState.DECLINED,
    (WishState.CADRE_HELPING, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.POOLED, WishAct.CLAIM): WishState.CLAIMED,
    (WishState.POOLED, WishAct.CLIMB): WishState.POOLED,
    (WishState.POOLED, WishAct.LEAVE_POOL): WishState.OPEN,
    (WishState.POOLED, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.POOLED, WishAct.LAPSE): WishState.WITHDRAWN,
    (WishState.CLAIMED, WishAct.KEEP): WishState.CLAIMED,
    (WishState.CLAIMED, WishAct.RELEASE): WishState.POOLED,
    (WishState.CLAIMED, WishAct.REPORT_DONE): WishState.CLAIMED,
    (WishState.CLAIMED, WishAct.FULFIL): WishState.FULFILLED,
    (WishState.CLAIMED, WishAct.REOPEN): WishState.CLAIMED,
    (WishState.CLAIMED, WishAct.DECLINE): WishState.DECLINED,
    (WishState.CLAIMED, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.OPEN, WishAct.JOIN): WishState.SHARED,
    (WishState.CADRE_HELPING, WishAct.JOIN): WishState.SHARED,
    (WishState.SHARED, WishAct.PART): WishState.OPEN,
    (WishState.SHARED, WishAct.GO_ON): WishState.OPEN,  # with a holder or a pool: theirs (``step``)
    (WishState.SHARED, WishAct.REPORT_DONE): WishState.SHARED,
    (WishState.SHARED, WishAct.FULFIL): WishState.FULFILLED,
    (WishState.SHARED, WishAct.REOPEN): WishState.SHARED,
    (WishState.SHARED, WishAct.DECLINE): WishState.DECLINED,
    (WishState.SHARED, WishAct.WITHDRAW): WishState.WITHDRAWN,
    (WishState.DECLINED, WishAct.REOPEN): WishState.OPEN,
}
"""Every edge but one: FULFILLED and REOPEN, which leads back to who held it (``next_state``)."""


class WishBar(StrEnum):
    """心愿动作不成的缘由: why an act is not possible now."""

    NOT_POSSIBLE = "not_possible"
    ALREADY_CLAIMED = "already_claimed"
    NOT_HELD = "not_held"


class WishNotFound(NotFound):
    """No such wish, or one that is none of this person's business: the same words."""

    code = "wish.not_found"


class WishNotPossible(Refusal):
    """This cannot be done with the wish as it stands; fields ``ref``, ``state``."""

    code = "wish.not_possible"


class WishAlreadyClaimed(Refusal):
    """Somebody was first, and the other hears who (commands.md); fields ``ref``, ``name``, ``org``."""

    code = "wish.already_claimed"


class WishNotHeld(Refusal):
    """Only who has claimed a wish can give it back or say that it is done; field ``ref``."""

    code = "wish.not_held"


@dataclass(frozen=True, slots=True)
class Standing:
    """心愿的处境: how a wish stands, who holds it, and what is waited for."""

    state: WishState
    holder_id: int | None = None
    from_pool: bool = False
    """Its owner agreed to a pool, and there it is or was claimed."""
    asked: bool = False
    """Its owner is being asked whether it arrived."""


def next_state(state: WishState, act: WishAct, *, from_pool: bool = False) -> WishState | None:
    """Where ``act`` leads from ``state``; None: nowhere. A 收到 taken back leads to who held it (6.5)."""
    if (state, act) == (WishState.FULFILLED, WishAct.REOPEN):
        return WishState.CLAIMED if from_pool else WishState.CADRE_HELPING
    return _EDGES.get((state, act))


def may_act(act: WishAct, party: WishParty) -> bool:
    """Whether somebody in this part may do this at all."""
    return party in _BY[act]


def step(standing: Standing, act: WishAct, party: WishParty, actor_id: int | None = None) -> Standing | WishBar:
    """The standing after ``act``, or why it may not be.

    Of a wish whose holder has gone meanwhile a 收到 taken back leads to where it was claimed from.
    """
    state = next_state(standing.state, act, from_pool=standing.from_pool)
    if act is WishAct.CLAIM and standing.state in HELD:
        return WishBar.ALREADY_CLAIMED
    if party is WishParty.HOLDER and (standing.state not in CARRIED or actor_id != standing.holder_id):
        return WishBar.NOT_POSSIBLE if standing.state in CLOSED else WishBar.NOT_HELD
    if state is None or not may_act(act, party):
        return WishBar.NOT_POSSIBLE
    if standing.state is WishState.FULFILLED and standing.holder_id is None:
        state = WishState.POOLED if standing.from_pool else WishState.OPEN
    if standing.state is WishState.DECLINED:
        return Standing(state)
    match act:
        case WishAct.CLAIM:
            return Standing(state, actor_id, standing.from_pool)
        case WishAct.POOL:
            return Standing(state, None, from_pool=True)
        case WishAct.LEAVE_POOL | WishAct.JOIN | WishAct.PART:
            return Standing(state)
        case WishAct.GO_ON:
            return replace(standing, state=_place_taken(standing))
        case WishAct.RELEASE | WishAct.DECLINE | WishAct.WITHDRAW | WishAct.LAPSE:
            return Standing(state, None, standing.from_pool)
        case WishAct.REPORT_DONE:
            return replace(standing, state=state, asked=True)
        case _:
            return replace(standing, state=state, asked=False)


def _place_taken(standing: Standing) -> WishState:
    """Where a shared wish is when it goes on by itself: with the holder and in the pool of the one it was part of."""
    if standing.holder_id is not None:
        return WishState.CLAIMED if standing.from_pool else WishState.CADRE_HELPING
    return WishState.POOLED if standing.from_pool else WishState.OPEN


def idle_notice_due(claimed_at: datetime, noticed_at: datetime | None, now: datetime) -> bool:
    """Whether the holder is to be told that the claim goes back soon."""
    told = noticed_at is not None and noticed_at >= claimed_at
    return not told and now - claimed_at >= IDLE_NOTICE_AFTER


def idle_release_due(claimed_at: datetime, noticed_at: datetime | None, now: datetime) -> bool:
    """Whether an idle claim goes back: 14 days old, and its holder was told at least three days before."""
    notice = IDLE_RELEASE_AFTER - IDLE_NOTICE_AFTER
    told = noticed_at is not None and noticed_at >= claimed_at and now - noticed_at >= notice
    return told and now - claimed_at >= IDLE_RELEASE_AFTER
