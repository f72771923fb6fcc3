"""删除我的数据: asked once, then everything about a person goes (P5, P7, P20; reliability section 9).

What stays: the receipt's number without any id, audit rows with a random id that leads nowhere, and one line of random
ids outside the database so that a restored back-up is erased again. Of a person who is in the roster as a cadre only
the youth's side goes: the roster is the organisation's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import delete, or_, select, update

from bot.core.acts.prompt import EMPTY, ask_account, cancel, close_question, put_next
from bot.core.feature import questions
from bot.core.question import Ask, Asked, Asks, Question, ends
from bot.core.reads.questions import open_question
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.tables import Consent, ConsentRefusal, Crisis, Receipt
from bot.features.consultation.acts.answer import forget_answers
from bot.features.relay.acts.look_again import leave_for_good, say_farewell
from bot.features.rights.reads.held import NothingHeld
from bot.features.rights.rules.rights import CONFIRM_LIFE, NothingToConfirm, RightsKind, RightsState
from bot.features.rights.tables import Download, RightsRequest
from bot.features.talk.acts.close import delete_talk
from bot.features.talk.acts.co_sign import remove_part
from bot.features.talk.acts.take_back import erase_person_from_talks
from bot.features.talk.rules.talk import SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkPart
from bot.features.voice.acts.withdraw import forget_voices
from bot.features.wish.acts.hand_over import forget_owner
from bot.store.chat import Chat, ChatHost, Contact, RefNumber
from bot.store.delivery import DataKey, OutboxMessage, Prompt
from bot.store.outbox import conversation
from bot.store.people import Account, BindAttempt, BindCode, Person, RoleGrant
from bot.store.refs import new_receipt
from bot.store.tombstones import add_tombstone
from bot.store.unit import Unit

QUESTION: Final = Question("rights.erase", Asks.YOUTH, dict[str, Any], silence=ends)
CONFIRM: Final = "confirm"
RECEIPT: Final = "D"
"""Letter of receipts of deletions (S3)."""
CONTACT_LETTER: Final = "K"


@dataclass(frozen=True, slots=True)
class EraseAsked(Say):
    """The one question before everything goes; ``minutes`` it waits."""

    template: ClassVar[str] = "rights/erase_asked"
    is_cadre: bool
    minutes: int


@dataclass(frozen=True, slots=True)
class Erased(Say):
    """Done in live data; ``receipt`` names nobody."""

    template: ClassVar[str] = "rights/erased"
    receipt: str
    is_cadre: bool


async def ask_erase(unit: Unit, actor: Actor, account: Account | None) -> Say | None:
    """``删除我的数据``: ask once. The question is put at once, for the person has just asked for it."""
    if actor.person_id is None or account is None:
        return NothingHeld()
    await _take_back(unit, account.id)
    say = EraseAsked(await is_rostered(unit, actor.person_id), int(CONFIRM_LIFE.total_seconds() // 60))
    await ask_account(unit, account, Ask(QUESTION, (CONFIRM,), say, urgent=True, life=CONFIRM_LIFE))
    return None


async def confirm_erase(unit: Unit, actor: Actor, account: Account | None, *, tombstones: Path | None = None) -> Erased:
    """``确认删除`` as a command: carries out the question that is open; refused without one or after its time."""
    question = None
    if account is not None:
        question = await open_question(unit.session, unit.vault, account.id, now=unit.now)
    if question is None or question.question is not QUESTION or not await close_question(unit, question):
        raise NothingToConfirm
    return await erase_confirmed(unit, actor, question, tombstones=tombstones)


async def erase_confirmed(unit: Unit, actor: Actor, question: Asked[Any], *, tombstones: Path | None = None) -> Erased:
    """The answer to the question, which the caller has closed."""
    return await erase_person(unit, question.person_id, actor=actor, tombstones=tombstones)


async def erase(unit: Unit, actor: Actor, *, tombstones: Path | None = None) -> Erased | NothingHeld:
    """Erase the acting person, for features that asked the question themselves (退出)."""
    if actor.person_id is None:
        return NothingHeld()
    return await erase_person(unit, actor.person_id, actor=actor, tombstones=tombstones)


async def erase_person(
    unit: Unit, person_id: int, *, actor: Actor | None, role: str = "youth", tombstones: Path | None = None
) -> Erased:
    """Erase everything about a person in this transaction; a person in the roster loses the youth's side only.

    ``tombstones`` is the file outside the database; by default the one the store was opened with.
    """
    await forget_voices(unit, person_id)  # before the person is held: who answers one holds the item first
    person = (await unit.session.execute(select(Person).where(Person.id == person_id).with_for_update())).scalar_one()
    # Whoever is asking this person something at this moment ends first, and who comes later finds nobody to ask.
    await unit.session.execute(select(Account.id).where(Account.person_id == person_id).with_for_update())
    rostered = await is_rostered(unit, person_id)
    await _signal_chats(unit, person_id)
    farewells = await leave_for_good(unit, person_id, as_youth_only=rostered)
    if rostered:
        await _leave_talks_as_youth(unit, person_id)
    else:
        await erase_person_from_talks(unit, person_id)
        await _erase_outbox(unit, person_id)
    await forget_owner(unit, person_id, actor=actor)
    await _erase_questions(unit, person_id, rostered=rostered)
    await _erase_rows(unit, person_id)
    if rostered:
        person.is_youth, person.age_band, person.reminders_off = False, None, False
        await unit.session.flush()
        await _go_on_asking(unit, person_id)
    else:
        await _erase_identity(unit, person_id, person.key_id)
    await say_farewell(unit, farewells)
    receipt = await new_receipt(unit, RECEIPT)
    unit.session.add(
        Receipt(number=receipt, kind="erasure", person_id=None, at=unit.now, facts={"youth_only": rostered})
    )
    await unit.audit(actor, "person.erased", role=role, subject_id=person_id, ref=receipt, youth_only=rostered)
    await unit.session.flush()
    unit.erased = True
    path = tombstones or unit.tombstones
    if path is not None:
        add_tombstone(path, person_id, youth_only=rostered, now=unit.now)
    return Erased(receipt, rostered)


async def _go_on_asking(unit: Unit, person_id: int) -> None:
    """What somebody of the roster is asked as such waited behind questions that are gone now."""
    accounts = await unit.session.execute(select(Account.id).where(Account.person_id == person_id))
    for account_id in accounts.scalars().all():
        await put_next(unit, account_id)


async def is_rostered(unit: Unit, person_id: int) -> bool:
    """Whether the organisation has this person in its roster, now or from the past: grants, groups or talks held."""
    for column, table in ((RoleGrant.person_id, RoleGrant), (Chat.owner_id, Chat), (Talk.cadre_id, Talk)):
        found = await unit.session.execute(select(table).where(column == person_id).limit(1))
        if found.first() is not None:
            return True
    return False


async def _signal_chats(unit: Unit, person_id: int) -> None:
    """Have the recorder forget this person before it looks at the next message."""
    rows = await unit.session.execute(
        select(Chat.channel, Chat.bot_id, Chat.native_id)
        .join(Contact, Contact.chat_id == Chat.id)
        .where(Contact.youth_id == person_id)
        .distinct()
    )
    for channel, bot_id, native_id in rows:
        unit.signal("chat", (channel, bot_id, native_id))


async def _leave_talks_as_youth(unit: Unit, person_id: int) -> None:
    """Take out what a person of the roster said as somebody's youth; talks they held as a cadre stay theirs."""
    rows = await unit.session.execute(
        select(Talk, TalkPart)
        .join(TalkPart, TalkPart.talk_id == Talk.id)
        .where(TalkPart.person_id == person_id, TalkPart.role == SpeakerRole.YOUTH)
    )
    for talk, part in rows.all():
        await remove_part(unit, talk, part)
        await unit.session.delete(part)
        await unit.session.flush()
        others = await unit.session.execute(
            select(TalkPart).where(TalkPart.talk_id == talk.id, TalkPart.role == SpeakerRole.YOUTH).limit(1)
        )
        if others.first() is None and talk.state == TalkState.CLOSED:
            await delete_talk(unit, talk)


async def _erase_questions(unit: Unit, person_id: int, *, rostered: bool) -> None:
    """Questions to this person go; questions to others about them are taken back and their words blanked."""
    about: Any = or_(
        Prompt.subject_id == person_id,
        Prompt.subject_id.in_(select(Crisis.id).where(Crisis.person_id == person_id)),
        Prompt.subject_id.in_(select(RightsRequest.id).where(RightsRequest.person_id == person_id)),
    )
    others = (await unit.session.execute(select(Prompt).where(about, Prompt.person_id != person_id))).scalars().all()
    for prompt in others:
        # Its words may still wait in the outbox, sealed under the other person's key.
        await unit.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.idem_key.startswith(f"prompt:{prompt.id}:"), OutboxMessage.payload.is_not(None))
            .values(state="cancelled", payload=None)
            .execution_options(synchronize_session=False)
        )
        waiting = prompt.state in ("open", "queued")
        prompt.facts, prompt.subject_id, prompt.version = EMPTY, None, prompt.version + 1
        prompt.state = "cancelled" if waiting else prompt.state
        await unit.session.flush()
        if waiting:
            await put_next(unit, prompt.account_id)
    mine: list[Any] = [Prompt.person_id == person_id]
    if rostered:
        mine.append(Prompt.kind.in_([one.kind for one in questions().values() if one.asks is Asks.YOUTH]))
    await _delete(unit, Prompt, *mine)


async def _erase_outbox(unit: Unit, person_id: int) -> None:
    """Every message to this person, waiting or sent: by id, and by the conversations of their accounts."""
    convs: list[bytes] = []
    for account in (await unit.session.execute(select(Account).where(Account.person_id == person_id))).scalars():
        convs.append(conversation(unit.vault, await unit.private_address(account)))
    await _delete(unit, OutboxMessage, or_(OutboxMessage.person_id == person_id, OutboxMessage.conv.in_(convs)))
    unit.forgotten.add(person_id)


async def _erase_rows(unit: Unit, person_id: int) -> None:
    """What a youth has: contacts, consents, requests, crises, files; receipts stay without the id (P20)."""
    await forget_answers(unit, person_id)
    refs = list((await unit.session.execute(select(Contact.ref).where(Contact.youth_id == person_id))).scalars().all())
    await _delete(unit, Contact, Contact.youth_id == person_id)
    await _delete(unit, RefNumber, RefNumber.letter == CONTACT_LETTER, RefNumber.number.in_(refs))
    await _delete(unit, Consent, Consent.person_id == person_id)
    await _delete(unit, ConsentRefusal, ConsentRefusal.person_id == person_id)
    await _delete(unit, Download, Download.person_id == person_id)
    await _delete(unit, Crisis, Crisis.person_id == person_id)
    await unit.session.execute(
        update(Receipt)
        .where(Receipt.person_id == person_id)
        .values(person_id=None)
        .execution_options(synchronize_session=False)
    )
    await unit.session.execute(
        update(RightsRequest)
        .where(RightsRequest.person_id == person_id)
        .values(person_id=None, state=RightsState.DONE.value, done_at=unit.now)
        .execution_options(synchronize_session=False)
    )
    unit.session.add(
        RightsRequest(
            person_id=None,
            org_id=None,
            kind=RightsKind.DELETE.value,
            state=RightsState.DONE.value,
            asked_at=unit.now,
            due_at=unit.now,
            done_at=unit.now,
        )
    )


async def _erase_identity(unit: Unit, person_id: int, key_id: int) -> None:
    """Accounts, codes, the person, and the data key: without it no back-up can be read either."""
    indexes = select(Account.native_index).where(Account.person_id == person_id)
    await _delete(unit, BindAttempt, BindAttempt.account_index.in_(indexes))
    await _delete(unit, BindCode, BindCode.person_id == person_id)
    await _delete(unit, ChatHost, ChatHost.person_id == person_id)
    await unit.session.flush()
    await _delete(unit, Account, Account.person_id == person_id)
    await _delete(unit, Person, Person.id == person_id)
    await _delete(unit, DataKey, or_(DataKey.id == key_id, DataKey.owner == f"person:{person_id}"))
    unit.session.expunge_all()
    unit.destroyed(key_id)


async def _delete(unit: Unit, table: Any, *where: Any) -> None:
    await unit.session.execute(delete(table).where(*where).execution_options(synchronize_session=False))


async def _take_back(unit: Unit, account_id: int) -> None:
    """An older question of the same kind gives way to the new one."""
    await cancel(unit, QUESTION, account_id=account_id, go_on=False)
