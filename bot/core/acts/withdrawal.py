"""撤回、停止记录: a scope ends at once, and what was stored so far can go with it (P1, P7)."""

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.acts.consent import refuse, withdraw
from bot.core.feature import features
from bot.core.person_data import StoredUnder
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.consent import active_consents
from bot.core.reads.contacts import memberships
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.people import Account, Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class StoredData:
    """What 撤回 left behind: of which scope, in which group; None: in all."""

    scope: str
    chat_id: int | None


STORED: Final = Question(
    "consent.stored", Asks.YOUTH, StoredData, silence=ends, no="keep", cancel="keep", reason=always
)
STORED_OPTIONS: Final = ("delete", "keep")


@dataclass(frozen=True, slots=True)
class RecordingStopped(Say):
    """Nothing of this person is recorded from now on, in any group; the same words whether something was or not."""

    template: ClassVar[str] = "consent/stopped"
    private: bool
    receipt: str


@dataclass(frozen=True, slots=True)
class Withdrawn(Say):
    """A scope has ended; the receipt."""

    template: ClassVar[str] = "consent/withdrawn"
    scope: ConsentScope
    receipt: str


@dataclass(frozen=True, slots=True)
class NothingToWithdraw(Say):
    """The scope had not been given: nothing was kept under it."""

    template: ClassVar[str] = "consent/nothing"
    scope: ConsentScope


@dataclass(frozen=True, slots=True)
class StoredAsked(Say):
    """Whether what was stored so far is deleted or kept until its time is up; numbers only."""

    template: ClassVar[str] = "consent/stored"
    scope: ConsentScope
    count: int


@dataclass(frozen=True, slots=True)
class StoredDeleted(Say):
    """It is gone."""

    template: ClassVar[str] = "consent/stored_deleted"
    scope: ConsentScope
    count: int


@dataclass(frozen=True, slots=True)
class StoredKept(Say):
    """It stays until its time is up."""

    template: ClassVar[str] = "consent/stored_kept"


async def stop_recording(unit: Unit, actor: Actor, *, private: bool) -> Say:
    """``停止记录``: 原话 ends in all groups. In a group the answer tells nothing of what was said or stored (P5)."""
    if actor.person_id is None:
        return RecordingStopped(private, "")
    scope = ConsentScope.ORIGINAL_MESSAGES
    number = await withdraw(unit, actor.person_id, scope, actor=actor, why="stopped")
    for contact in await memberships(unit.session, unit.vault, actor.person_id):
        if contact.chat_id is not None:  # also where it was never given: not asked again soon
            await refuse(unit, actor.person_id, scope, contact.chat_id)
    if number is not None and not private:
        await _receipt_in_private(unit, actor, Withdrawn(scope, number))
    await _offer_deletion(unit, actor, actor.person_id, scope, None)
    return RecordingStopped(private, (number or "") if private else "")


async def _receipt_in_private(unit: Unit, actor: Actor, said: Withdrawn) -> None:
    """The group heard nothing of what was given; its owner gets the receipt."""
    account = await unit.session.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is None:
        return
    person = await unit.session.get_one(Person, account.person_id)
    address = await unit.private_address(account)
    await unit.push(address, said, cls="L", kind="reply", priority=1, person_id=person.id, key_id=person.key_id)


async def withdraw_scope(unit: Unit, actor: Actor, scope: ConsentScope, chat_id: int | None = None) -> Say:
    """``撤回 <范围>``; for 原话 of one group (``chat_id``) or of all."""
    if actor.person_id is None:
        return NothingToWithdraw(scope)
    number = await withdraw(unit, actor.person_id, scope, chat_id, actor=actor)
    await _offer_deletion(unit, actor, actor.person_id, scope, chat_id)
    return Withdrawn(scope, number) if number is not None else NothingToWithdraw(scope)


async def _offer_deletion(unit: Unit, actor: Actor, person_id: int, scope: ConsentScope, chat_id: int | None) -> None:
    """Ask in private, once the withdrawal stands; not when nothing is stored."""
    count = sum([await kept.count(unit.session, person_id, chat_id) for kept in _stored_under(scope)])
    if count:
        say = StoredAsked(scope, count)
        await ask_speaker(unit, actor, Ask(STORED, STORED_OPTIONS, say, StoredData(scope.value, chat_id)))


def _stored_under(scope: ConsentScope) -> list[StoredUnder]:
    return [kept for feature in features() for kept in feature.stored if kept.scope is scope]


async def answer_stored(unit: Unit, actor: Actor, question: Asked[StoredData], answer: str) -> Say:
    """Delete what was stored under a scope that has ended, or keep it until its time is up."""
    scope = ConsentScope(question.data.scope)
    if answer != "delete":
        return StoredKept()
    count = 0
    for kept in _stored_under(scope):
        count += await kept.delete(unit, question.person_id, question.data.chat_id)
    await unit.audit(
        actor, "stored.deleted", role=Role.YOUTH, subject_id=question.person_id, scope=scope.value, n=count
    )
    return StoredDeleted(scope, count)


async def given_chats(unit: Unit, person_id: int) -> list[int]:
    """The groups for which 原话 is given, oldest first."""
    return [c.chat_id for c in await active_consents(unit.session, person_id) if c.chat_id is not None]
