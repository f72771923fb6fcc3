"""清除: everything about a person goes, stage by stage as the features declare it (P5, P7, P20; reliability section 9).

What stays: the receipt's number without any id, audit rows with a random id that leads nowhere, and one line of random
ids outside the database so that a restored back-up is erased again. Of a person who is in the roster as a cadre only
the youth's side goes: the roster is the organisation's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.let_go import take_back_questions
from bot.core.acts.prompt import put_next
from bot.core.acts.receipt import new_receipt
from bot.core.feature import Feature, features, questions
from bot.core.person_data import Erasing, Stage
from bot.core.question import Asks
from bot.core.reads.holds import KeptBack, holds_of
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.tables import Consent, ConsentRefusal, Crisis, Download, Receipt
from bot.store.chat import Chat, ChatHost, Contact, RefNumber
from bot.store.delivery import DataKey, OutboxMessage, Prompt
from bot.store.outbox import conversation
from bot.store.people import Account, BindAttempt, BindCode, Person, RoleGrant
from bot.store.tombstones import add_tombstone
from bot.store.unit import Unit

RECEIPT: Final = "D"
"""Letter of receipts of deletions (S3)."""
CONTACT_LETTER: Final = "K"


@dataclass(frozen=True, slots=True)
class Erased(Say):
    """Done in live data; ``receipt`` names nobody."""

    template: ClassVar[str] = "rights/erased"
    receipt: str
    is_cadre: bool
    kept: tuple[KeptBack, ...] = ()


async def erase_person(
    unit: Unit, person_id: int, *, actor: Actor | None, role: str = "youth", tombstones: Path | None = None
) -> Erased:
    """Erase everything about a person in this transaction; a person in the roster loses the youth's side only.

    ``tombstones`` is the file outside the database; by default the one the store was opened with.
    """
    going = Erasing(unit, person_id, actor)
    kept_back = await holds_of(unit.session, person_id, unit.now)
    await _carry_out(going, [Stage.ITEMS])
    await unit.session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    # Whoever is asking this person something at this moment ends first, and who comes later finds nobody to ask.
    await unit.session.execute(select(Account.id).where(Account.person_id == person_id).with_for_update())
    going.youth_only = await is_rostered(unit.session, person_id)
    await _carry_out(going, Stage)
    receipt = await new_receipt(unit, RECEIPT)
    unit.session.add(
        Receipt(number=receipt, kind="erasure", person_id=None, at=unit.now, facts={"youth_only": going.youth_only})
    )
    await unit.audit(actor, "person.erased", role=role, subject_id=person_id, ref=receipt, youth_only=going.youth_only)
    await unit.session.flush()
    unit.erased = True
    path = tombstones or unit.tombstones
    if path is not None:
        unit.before_commit(partial(add_tombstone, path, person_id, youth_only=going.youth_only, now=unit.now))
    return Erased(receipt, going.youth_only, kept_back)


async def _carry_out(going: Erasing, stages: Iterable[Stage]) -> None:
    for stage in stages:
        for feature in _core_last():
            for erasure in feature.erasures:
                if erasure.stage is stage:
                    await erasure.act(going)


def _core_last() -> tuple[Feature, ...]:
    core, *others = features()
    return (*others, core)


async def is_rostered(session: AsyncSession, person_id: int) -> bool:
    """Whether the organisation has this person in its roster, now or from the past."""
    asked = [feature.rostered for feature in features() if feature.rostered is not None]
    return any([await ask(session, person_id) for ask in asked])


async def holds_office_or_group(session: AsyncSession, person_id: int) -> bool:
    """Grants and groups, also those that are over."""
    for column in (RoleGrant.person_id, Chat.owner_id):
        if (await session.execute(select(column).where(column == person_id).limit(1))).first() is not None:
            return True
    return False


async def signal_chats_of(going: Erasing) -> None:
    """Have the recorder forget this person before it looks at the next message."""
    rows = await going.unit.session.execute(
        select(Chat.channel, Chat.bot_id, Chat.native_id)
        .join(Contact, Contact.chat_id == Chat.id)
        .where(Contact.youth_id == going.person_id)
        .distinct()
    )
    for channel, bot_id, native_id in rows:
        going.unit.signal("chat", (channel, bot_id, native_id))


async def erase_outbox(going: Erasing) -> None:
    """Every message to this person, waiting or sent: by id, and by the conversations of their accounts."""
    if going.youth_only:
        return
    unit, person_id = going.unit, going.person_id
    convs: list[bytes] = []
    for account in (await unit.session.execute(select(Account).where(Account.person_id == person_id))).scalars():
        chat = await unit.private_address(account)
        convs += [conversation(unit.vault, replace(chat, bot_id=bot_id)) for bot_id in (chat.bot_id, *account.bots)]
    gone = await unit.session.execute(
        delete(OutboxMessage)
        .where(or_(OutboxMessage.person_id == person_id, OutboxMessage.conv.in_(convs)))
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    unit.unsay(gone.scalars())
    unit.forgotten.add(person_id)


async def erase_questions(going: Erasing) -> None:
    """Questions to this person go, of somebody in the roster those to a youth; questions to others about them are
    taken back and their words blanked.
    """
    unit, person_id = going.unit, going.person_id
    crises = select(Crisis.id).where(Crisis.person_id == person_id)
    await take_back_questions(unit, or_(Prompt.subject_id == person_id, Prompt.subject_id.in_(crises)), but=person_id)
    mine: list[Any] = [Prompt.person_id == person_id]
    if going.youth_only:
        mine.append(Prompt.kind.in_([one.kind for one in questions().values() if one.asks is Asks.YOUTH]))
    await _delete(unit, Prompt, *mine)


async def erase_rows(going: Erasing) -> None:
    """What a youth has: contacts, consents, crises, files to fetch; receipts stay without the id (P20)."""
    unit, person_id = going.unit, going.person_id
    refs = list((await unit.session.execute(select(Contact.ref).where(Contact.youth_id == person_id))).scalars().all())
    await _delete(unit, Contact, Contact.youth_id == person_id)
    await _delete(unit, RefNumber, RefNumber.letter == CONTACT_LETTER, RefNumber.number.in_(refs))
    await _delete(unit, Consent, Consent.person_id == person_id)
    await _delete(unit, ConsentRefusal, ConsentRefusal.person_id == person_id)
    await _delete(unit, Crisis, Crisis.person_id == person_id)
    await _delete(unit, Download, Download.person_id == person_id)
    await unit.swap(Receipt, Receipt.person_id == person_id, person_id=None)


async def erase_identity(going: Erasing) -> None:
    """Accounts, codes, the person, and the data key; who is in the roster stays, and is a youth no longer."""
    unit, person_id = going.unit, going.person_id
    person = await unit.session.get_one(Person, person_id)
    if going.youth_only:
        person.is_youth, person.age_band, person.reminders_off = False, None, False
        await unit.session.flush()
        await _go_on_asking(unit, person_id)
        return
    key_id = person.key_id
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


async def _go_on_asking(unit: Unit, person_id: int) -> None:
    """Put the next question to somebody of the roster: it waited behind questions that are gone."""
    accounts = await unit.session.execute(select(Account.id).where(Account.person_id == person_id))
    for account_id in accounts.scalars().all():
        await put_next(unit, account_id)


async def _delete(unit: Unit, table: Any, *where: Any) -> None:
    await unit.session.execute(delete(table).where(*where).execution_options(synchronize_session=False))
