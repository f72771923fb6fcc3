"""绑定、解绑: an account becomes an invited person's by a one-time code, and stops being it (threats 4, 5).

Two accounts are one person only by a code. An account that has joined as a youth is not merged into the invited
person: its words are sealed under another key, and erasing must stay exact. It is told the way out instead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import delete, func, select

from bot.core.acts.bind_alarm import tell_of_freeze, tell_of_lock
from bot.core.acts.let_go import let_account_go
from bot.core.acts.prompt import ask_account, cancel
from bot.core.acts.react import happened
from bot.core.acts.receipt import new_receipt
from bot.core.events import AccountGone
from bot.core.question import Ask, Asked, Asks, NoData, Question, always, ends
from bot.core.reads.office import in_force
from bot.core.reads.people import account_index, name_of
from bot.core.rules.bind import KEEP_ATTEMPTS, WRONG_WINDOW, codes_in, is_frozen, locked_until
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.tables import Receipt
from bot.store.base import new_id
from bot.store.chat import Contact
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit, Person, RoleGrant
from bot.store.unit import Unit

UNBIND: Final = Question("bind.unbind", Asks.ACCOUNT, silence=ends, no="no", cancel="no", reason=always)
FREEZE: Final = timedelta(hours=1)
CARD: Final = "duty_card"
CARD_LETTER: Final = "B"
"""Letter of receipts that the card on the duty to report was shown."""


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """A role and the organisation it is held for."""

    role: Role
    org: str


@dataclass(frozen=True, slots=True)
class Bound(Say):
    """The account is the invited person's now."""

    template: ClassVar[str] = "bind/bound"
    name: str
    roles: tuple[RoleHeld, ...]
    card: bool
    """With the card on the duty to report harm to minors (P29), the first time that somebody in office binds."""


@dataclass(frozen=True, slots=True)
class CodeWrong(Say):
    """A wrong, used or expired code: one answer for all three; ``locked`` when this try was one too many."""

    template: ClassVar[str] = "bind/wrong"
    locked: bool


@dataclass(frozen=True, slots=True)
class AccountLocked(Say):
    """To the admins: one account guessed too often; which one is told to nobody."""

    template: ClassVar[str] = "bind/locked_told"
    at: datetime


@dataclass(frozen=True, slots=True)
class BindingFrozen(Say):
    """To the admins: too many wrong codes in the whole installation."""

    template: ClassVar[str] = "bind/frozen_told"
    at: datetime


@dataclass(frozen=True, slots=True)
class UnbindAsked(Say):
    """Before an account is let go."""

    template: ClassVar[str] = "bind/unbind_asked"
    name: str


@dataclass(frozen=True, slots=True)
class Unbound(Say):
    """The account belongs to nobody now."""

    template: ClassVar[str] = "bind/unbound"


@dataclass(frozen=True, slots=True)
class UnbindDropped(Say):
    """Everything stays as it was."""

    template: ClassVar[str] = "bind/unbind_dropped"


class SeveralCodes(Refusal):
    """Live codes of several people in one message: whose account it is nobody can tell."""

    code = "bind.several"


class BindLocked(Refusal):
    """Too many wrong codes: neither a wrong nor a right code is looked at."""

    code = "bind.locked"


class AlreadyBound(Refusal):
    """The account is this person's already; the code stays unused."""

    code = "bind.already"


class BoundToOther(Refusal):
    """The account belongs to somebody else; the code stays unused."""

    code = "bind.other"


class JoinedAsYouth(Refusal):
    """The account has joined a group as a youth; the code stays unused."""

    code = "bind.joined"


class NotBound(Refusal):
    """This account belongs to nobody."""

    code = "bind.none"


class LeaveFirst(Refusal):
    """Unbinding would leave contacts without any account: 退出 comes first."""

    code = "bind.leave_first"


async def bind(unit: Unit, actor: Actor, typed: str, *, channel: str, bot_id: str, native_id: str) -> Say:
    """``绑定 <码>``. While locked every code is refused alike; a wrong try is counted and answered, not raised."""
    index = account_index(unit.vault, channel, "", native_id)
    await unit.session.execute(delete(BindAttempt).where(BindAttempt.at <= unit.now - KEEP_ATTEMPTS))
    if await _stands_still(unit, index):
        raise BindLocked
    code = await _live_code(unit, typed)
    if code is None:
        return await _count_wrong(unit, actor, typed, index)
    person = await unit.session.get_one(Person, code.person_id)
    await _refuse_taken(unit, actor, person.id)
    if not await unit.swap(BindCode, BindCode.id == code.id, BindCode.used_at.is_(None), used_at=unit.now):
        return await _count_wrong(unit, actor, typed, index)
    account_id = new_id()
    unit.session.add(
        Account(
            id=account_id,
            person_id=person.id,
            channel=channel,
            native=await unit.seal(person.key_id, f"accounts:{account_id}:native", native_id),
            native_index=index,
            bot_id=bot_id,
            bound_at=unit.now,
        )
    )
    await unit.session.flush()
    await unit.audit(Actor(person.id, account_id), "account.bound", subject_id=person.id)
    roles = await roles_of(unit, person.id)
    return Bound(await name_of(unit.session, unit.vault, person.id), roles, await show_card(unit, person.id, roles))


async def show_card(unit: Unit, person_id: int, roles: tuple[RoleHeld, ...]) -> bool:
    """Whether the card is shown now; that it was, a receipt proves."""
    offices = [one for one in roles if one.role is not Role.YOUTH]
    shown = select(Receipt.number).where(Receipt.person_id == person_id, Receipt.kind == CARD).limit(1)
    if not offices or (await unit.session.execute(shown)).first() is not None:
        return False
    number = await new_receipt(unit, CARD_LETTER)
    unit.session.add(Receipt(number=number, kind=CARD, person_id=person_id, at=unit.now, facts={}))
    await unit.session.flush()
    return True


async def _live_code(unit: Unit, typed: str) -> BindCode | None:
    """The live code in what was typed; of an organisation's code beside it nothing is ever found."""
    found = await unit.session.execute(
        select(BindCode).where(
            BindCode.code_hash.in_([unit.vault.mac("codes", code) for code in codes_in(typed)]),
            BindCode.used_at.is_(None),
            BindCode.expires_at > unit.now,
        )
    )
    live = found.scalars().all()
    if len(live) > 1:
        raise SeveralCodes
    return live[0] if live else None


async def _refuse_taken(unit: Unit, actor: Actor, invited: int) -> None:
    """An account that has an owner keeps them; the code is not used up by asking."""
    if actor.person_id is None:
        return
    if actor.person_id == invited:
        raise AlreadyBound
    holds_office = await unit.session.scalar(
        select(RoleGrant.id).where(RoleGrant.person_id == actor.person_id).limit(1)
    )
    raise BoundToOther if holds_office is not None else JoinedAsYouth


async def roles_of(unit: Unit, person_id: int) -> tuple[RoleHeld, ...]:
    """The roles a person holds now, with the organisations' names."""
    rows = await unit.session.execute(
        select(RoleGrant.role, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(RoleGrant.person_id == person_id, in_force(unit.now))
        .order_by(OrgUnit.path, RoleGrant.role)
    )
    return tuple(RoleHeld(Role(role), org) for role, org in rows)


# --- limits ----------------------------------------------------------------------------------------------------------


async def _stands_still(unit: Unit, index: bytes) -> bool:
    rows = await unit.session.execute(select(BindAttempt.at).where(BindAttempt.account_index == index))
    if locked_until(list(rows.scalars()), unit.now) is not None:
        return True
    last = await unit.session.scalar(select(func.max(BindAttempt.at)))
    return last is not None and unit.now < last + FREEZE and is_frozen(await _wrong_until(unit, last))


async def _wrong_until(unit: Unit, last: datetime) -> int:
    """Wrong tries of the installation in the hour that ends at ``last``."""
    found = await unit.session.execute(
        select(func.count())
        .select_from(BindAttempt)
        .where(BindAttempt.at > last - WRONG_WINDOW, BindAttempt.at <= last)
    )
    return found.scalar_one()


async def _count_wrong(unit: Unit, actor: Actor, typed: str, index: bytes) -> Say:
    """One message is one try. Words that hold nothing of a code's form guess at nobody's."""
    if not codes_in(typed):
        return CodeWrong(locked=False)
    unit.session.add(BindAttempt(account_index=index, at=unit.now))
    await unit.session.flush()
    rows = await unit.session.execute(select(BindAttempt.at).where(BindAttempt.account_index == index))
    locked = locked_until(list(rows.scalars()), unit.now) is not None
    if locked:
        await tell_of_lock(unit, actor, codes_in(typed), AccountLocked(unit.now))
        await unit.audit(None, "bind.locked")
    if is_frozen(await _wrong_until(unit, unit.now)):
        await tell_of_freeze(unit, actor, BindingFrozen(unit.now))
        await unit.audit(None, "bind.frozen")
    return CodeWrong(locked)


# --- unbinding -------------------------------------------------------------------------------------------------------


async def ask_unbind(unit: Unit, actor: Actor, account: Account | None) -> None:
    """``解绑``: put the question; somebody who has only joined as a youth is pointed to 退出."""
    if account is None or actor.person_id is None:
        raise NotBound
    if await _is_last_of_youth(unit, account):
        raise LeaveFirst
    name = await name_of(unit.session, unit.vault, actor.person_id)
    await cancel(unit, UNBIND, account_id=account.id, go_on=False)  # typed twice it is asked once
    await ask_account(unit, account, Ask(UNBIND, ("yes", "no"), UnbindAsked(name), life=timedelta(hours=1)))


async def _is_last_of_youth(unit: Unit, account: Account) -> bool:
    """A person with contacts must stay reachable: their last account goes only after 退出."""
    contacts = await unit.session.scalar(
        select(Contact.id).where(Contact.youth_id == account.person_id, Contact.ended_at.is_(None)).limit(1)
    )
    others = await unit.session.scalar(
        select(Account.id).where(Account.person_id == account.person_id, Account.id != account.id).limit(1)
    )
    return contacts is not None and others is None


async def answer_unbind(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say:
    """Let the account go; what it is worth is looked up again now."""
    account = await unit.session.get(Account, question.account_id)
    if answer != "yes" or account is None or await _is_last_of_youth(unit, account):
        return UnbindDropped()
    await let_account_go(unit, account)
    await happened(unit, AccountGone(account.person_id))
    await unit.audit(actor, "account.unbound", subject_id=account.person_id)
    return Unbound()
