"""微心愿: the one place that moves a wish from one state to the next; of two who try at once one wins (6.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn

from sqlalchemy import update

from bot.core.acts.prompt import cancel
from bot.core.acts.react import happened
from bot.core.feature import questions
from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.wish.events import WishHandedOn, WishMoved
from bot.features.wish.reads.wish import followers_of
from bot.features.wish.rules.wish import (
    CLOSED,
    Standing,
    WishAct,
    WishAlreadyClaimed,
    WishBar,
    WishKind,
    WishNotHeld,
    WishNotPossible,
    WishParty,
    WishState,
    step,
)
from bot.features.wish.tables import Wish
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.refs import new_ref
from bot.store.unit import Unit

TRIES: Final = 3
"""Times that a change begins anew because the wish changed meanwhile."""

_DONE: Final[dict[WishAct, str]] = {
    WishAct.POST: "wish.posted",
    WishAct.CLAIM: "wish.claimed",
    WishAct.KEEP: "wish.kept",
    WishAct.RELEASE: "wish.released",
    WishAct.POOL: "wish.pooled",
    WishAct.CLIMB: "wish.climbed",
    WishAct.LEAVE_POOL: "wish.left_pool",
    WishAct.JOIN: "wish.joined",
    WishAct.PART: "wish.parted",
    WishAct.GO_ON: "wish.went_on",
    WishAct.REPORT_DONE: "wish.reported_done",
    WishAct.FULFIL: "wish.fulfilled",
    WishAct.REOPEN: "wish.reopened",
    WishAct.DECLINE: "wish.declined",
    WishAct.WITHDRAW: "wish.withdrawn",
    WishAct.LAPSE: "wish.lapsed",
}
"""What the audit row of an act is called."""
_ROLES: Final[dict[WishParty, Role | str]] = {
    WishParty.OWNER: Role.YOUTH,
    WishParty.CADRE: Role.CADRE,
    WishParty.HOLDER: Role.CADRE,
    WishParty.HELPER: Role.CADRE,
    WishParty.CLOCK: "",
}
_HANDS_ON: Final = frozenset({WishAct.FULFIL, WishAct.WITHDRAW})
"""What ends a wish for its own owner only: those who share it go on."""
_LIKE_ITS_LEAD: Final = (
    "holder_id",
    "claimed_at",
    "pool_org_id",
    "pool_level",
    "agreed_level",
    "pooled_at",
    "waiting_since",
    "shown_area_id",
    "shown_age",
    "shown_kind",
)
"""Columns in which a shared wish is always like the one it is part of."""
_POOL_COLUMNS: Final = (*_LIKE_ITS_LEAD[2:], "pool_text")
"""What a wish has because its owner agreed to a pool."""
_UNAGREED: Final = frozenset(
    {WishAct.RELEASE, WishAct.FULFIL, WishAct.DECLINE, WishAct.JOIN, WishAct.PART, WishAct.GO_ON, WishAct.LEAVE_POOL}
)
"""With these a yes to a pool that the wish has not entered is over."""
_WORDLESS: Final = frozenset({WishAct.WITHDRAW, WishAct.LAPSE})
"""With these every word of the wish goes."""
_CLAIMS: Final = frozenset({WishAct.CLAIM, WishAct.KEEP, WishAct.REOPEN})
"""With these the time of a claim begins anew."""


@dataclass(frozen=True, slots=True)
class ShareGoesOn(Say):
    """To who is at a shared wish: over for one of those who share it, and it goes on for the others."""

    template: ClassVar[str] = "wish/share_goes_on"
    ref: int
    other: int
    count: int


def standing_of(wish: Wish) -> Standing:
    """How a row stands, as the rule sees it."""
    return Standing(WishState(wish.state), wish.holder_id, wish.pool_org_id is not None, wish.asked_at is not None)


async def post(
    unit: Unit, actor: Actor, owner: Person, cadre_id: int, text: str, *, kind: str = WishKind.OTHER
) -> Wish:
    """Enter a wish, which only its owner does: by saying it, or by a yes to what their cadre suggested (S2.5)."""
    wish_id = new_id()
    cadre = await unit.session.get_one(Person, cadre_id)
    wish = Wish(
        id=wish_id,
        ref=await new_ref(unit, "W"),
        owner_id=owner.id,
        org_id=owner.org_id or cadre.org_id,
        cadre_id=cadre_id,
        kind=kind,
        age_band=owner.age_band or "",
        state=WishState.OPEN.value,
        text=await unit.seal(owner.key_id, f"wishes:{wish_id}:text", text),
        made_at=unit.now,
    )
    unit.session.add(wish)
    await unit.session.flush()
    await unit.audit(actor, _DONE[WishAct.POST], role=Role.YOUTH, subject_id=owner.id, ref=f"W{wish.ref}")
    return wish


async def change(
    unit: Unit,
    actor: Actor | None,
    wish: Wish,
    act: WishAct,
    party: WishParty,
    *,
    role: Role | None = None,
    **values: Any,
) -> Wish:
    """Do ``act``, or refuse it; the row is afterwards as the database has it. Writes the audit row.

    ``values`` are further columns of the same change (``tried``, ``pool_org_id`` ...). Whoever was second hears who was
    first, on SQLite because the row is read under the write lock, on PostgreSQL because the version has moved on.
    """
    actor_id = actor.person_id if actor is not None else None
    if act in _HANDS_ON and (followers := await followers_of(unit.session, wish)):
        await unit.session.refresh(wish, with_for_update=True)
        if wish.state not in CLOSED and party is WishParty.OWNER:
            await _hand_on(unit, wish, followers, act)
    for _ in range(TRIES):
        before = standing_of(wish)
        after = step(before, act, party, actor_id)
        if isinstance(after, WishBar):
            await _refuse(unit, wish, after)
        done = await unit.session.execute(
            update(Wish)
            .where(Wish.id == wish.id, Wish.version == wish.version)
            .values(_columns(unit, wish, act, before, after) | values | {"version": Wish.version + 1})
            .returning(Wish)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        if done.scalar_one_or_none() is not None:
            break
        await unit.session.refresh(wish)
    else:
        raise WishNotPossible(ref=wish.ref, state=wish.state)
    if before.from_pool or act not in (WishAct.CLAIM, WishAct.RELEASE):  # resources are matched with pooled wishes only
        await happened(unit, WishMoved(wish, act))  # first: a resource is locked before an account (match_books)
    if after.state in CLOSED or (before.asked and not after.asked):
        await cancel_questions_about(unit, wish.id)
    if act not in _HANDS_ON and wish.shared_into == wish.id:  # only such a wish can have others that are part of it
        for follower in await followers_of(unit.session, wish):
            await mirror(unit, wish, follower)
    unit.erased = unit.erased or act in _WORDLESS
    facts = {"before": before.state.value, "after": after.state.value}
    ref = f"W{wish.ref}"
    await unit.audit(actor, _DONE[act], role=role or _ROLES[party], subject_id=wish.owner_id, ref=ref, **facts)
    if act in (WishAct.RELEASE, WishAct.REOPEN) and after.state is WishState.POOLED and wish.pool_text is None:
        return await change(unit, None, wish, WishAct.LEAVE_POOL, WishParty.CLOCK)  # nothing to show any more
    return wish


async def _hand_on(unit: Unit, wish: Wish, followers: Sequence[Wish], act: WishAct) -> None:
    """Let the first of those who share a wish take its place, before it ends for its own owner (拼好愿).

    What a resource gives comes all the same; what is only being asked about ends with the wish. Whoever takes a wish
    back takes the words along that the pool showed: what still waited in a pool is with the cadre again.
    """
    first, others = followers[0], followers[1:]
    await happened(unit, WishHandedOn(wish, first))
    agreed = act is WishAct.FULFIL and wish.pool_org_id is not None
    given_up = () if agreed else ("pool_text",) if wish.state == WishState.CLAIMED else _POOL_COLUMNS
    for follower in followers:
        await mirror(unit, wish, follower)
        for column in given_up:
            setattr(follower, column, None)
    await unit.session.flush()
    await change(unit, None, first, WishAct.GO_ON, WishParty.CLOCK, shared_into=first.id if others else None)
    await unit.session.execute(
        update(Wish)
        .where(Wish.id.in_([follower.id for follower in others]))
        .values(shared_into=first.id)
        .execution_options(synchronize_session="fetch")
    )
    told = wish.cadre_id if wish.holder_id is None and wish.pool_org_id is not None and given_up else wish.holder_id
    if told is not None and await unit.session.get(Person, told) is not None:
        await unit.push_person(told, ShareGoesOn(wish.ref, first.ref, len(followers)))


async def mirror(unit: Unit, lead: Wish, follower: Wish) -> None:
    """Make a shared wish like the one it is part of; one that has ended meanwhile is left alone."""
    alike = {column: getattr(lead, column) for column in _LIKE_ITS_LEAD}
    await unit.swap(Wish, Wish.id == follower.id, Wish.state == WishState.SHARED.value, **alike)
    await unit.session.refresh(follower)


async def cancel_questions_about(unit: Unit, wish_id: int) -> None:
    """Take back every question about a wish that still waits: it is over, or has been answered by a command.

    Whatever feature asks it: its kind begins with ``wish.``. One that is being answered at this moment is left alone.
    """
    about = [one for one in questions().values() if one.feature == "wish"]
    await cancel(unit, *about, subject_id=wish_id, skip_busy=True)


def _columns(unit: Unit, wish: Wish, act: WishAct, before: Standing, after: Standing) -> dict[str, Any]:
    """What a change writes beside the version."""
    held_anew = act in _CLAIMS and after.holder_id is not None
    found: dict[str, Any] = {
        "state": after.state.value,
        "holder_id": after.holder_id,
        "claimed_at": unit.now if held_anew else wish.claimed_at if after.holder_id is not None else None,
        "asked_at": unit.now if act is WishAct.REPORT_DONE else wish.asked_at if after.asked else None,
        "closed_at": unit.now if after.state in CLOSED else None,
        "noticed_at": None,
        "reminded_at": None,
    }
    if act is WishAct.REOPEN:
        found["reopened"] = Wish.reopened + int(before.asked or before.state in CLOSED)
    if not after.from_pool and (before.from_pool or act in _UNAGREED):
        found |= dict.fromkeys(_POOL_COLUMNS)
    if after.state is WishState.POOLED and act in (WishAct.RELEASE, WishAct.REOPEN):
        found["pooled_at"] = unit.now  # offered anew: this pool has its whole time again
    if before.state is WishState.SHARED and after.state is not WishState.SHARED:
        found["shared_into"] = None
    if act in _WORDLESS:
        found |= {"text": None, "pool_text": None, "tried": None, "done": None}
    return found


async def _refuse(unit: Unit, wish: Wish, bar: WishBar) -> NoReturn:
    if bar is WishBar.ALREADY_CLAIMED and wish.holder_id is not None:
        holder = await unit.session.get(Person, wish.holder_id)
        name = await name_of(unit.session, unit.vault, wish.holder_id)
        org = await org_name(unit.session, holder.org_id if holder is not None else None)
        raise WishAlreadyClaimed(ref=wish.ref, name=name, org=org)
    if bar is WishBar.NOT_HELD:
        raise WishNotHeld(ref=wish.ref)
    raise WishNotPossible(ref=wish.ref, state=wish.state)
