"""群聊: linking a group to a cadre, unlinking it, and what a platform tells about it (P1, P4, P5, P8)."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.consent import end_consents_of_chat, signal_chats, withdraw
from bot.core.acts.react import happened
from bot.core.events import HostLeaving, LinkEnded, LinkEnding, YouthLeftGroup
from bot.core.reads.chats import cadres_in_office, count_contacts, hosts_of, is_host
from bot.core.reads.people import account_index, find_chat, name_of
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store.base import new_id
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import Account, OrgUnit, Person
from bot.store.unit import Unit

LINKED = "linked"
UNLINKED = "unlinked"
LOST = "lost"


@dataclass(frozen=True, slots=True)
class ChatLinked(Say):
    """The privacy notice that a newly linked group reads: who, why, what, how long, who reads, how to stop."""

    template: ClassVar[str] = "chat/linked"
    cadre: str
    org: str


@dataclass(frozen=True, slots=True)
class CoHostAdded(Say):
    """A second cadre of the same organisation looks after the group too; said aloud, for it is one more reader."""

    template: ClassVar[str] = "chat/co_host"
    cadre: str
    owner: str
    org: str


@dataclass(frozen=True, slots=True)
class ChatKnown(Say):
    """Linked to this cadre already."""

    template: ClassVar[str] = "chat/known"


@dataclass(frozen=True, slots=True)
class ChatUnlinked(Say):
    """Nothing is recorded from now on."""

    template: ClassVar[str] = "chat/unlinked"


@dataclass(frozen=True, slots=True)
class CoHostLeft(Say):
    """A co-host no longer looks after the group; its owner still does."""

    template: ClassVar[str] = "chat/co_host_left"
    owner: str


@dataclass(frozen=True, slots=True)
class BotRemoved(Say):
    """To the cadres of a group from which the bot was removed: numbers only."""

    template: ClassVar[str] = "chat/bot_removed"
    group: str
    contacts: int


@dataclass(frozen=True, slots=True)
class MemberLeft(Say):
    """To the cadres of a group that somebody left: numbers only, never who (P5)."""

    template: ClassVar[str] = "chat/member_left"
    group: str
    still_here: int


@dataclass(frozen=True, slots=True)
class OwnerLeft(Say):
    """To the cadres of a group whose owner has left it: it is unlinked."""

    template: ClassVar[str] = "chat/owner_left"
    group: str


class ChatOfOthers(Refusal):
    """The group is linked to a cadre of another organisation."""

    code = "chat.of_others"
    denial = True


class ChatNotYours(Refusal):
    """Not linked at all, or not to this cadre: the same answer for both."""

    code = "chat.not_yours"
    denial = True


# --- linking ---------------------------------------------------------------------------------------------------------


async def link_chat(unit: Unit, actor: Actor, chat: Chat | None, *, channel: str, bot_id: str, native_id: str) -> Say:
    """``关联本群``: the group is this cadre's; of a group linked within the organisation they become co-host."""
    me = _person(actor)
    if chat is not None and chat.state == LINKED:
        if not await _may_take_over(unit, actor, chat):
            return await _join_hosts(unit, actor, chat)
        await happened(unit, LinkEnding(chat, actor))
        await _end_link(unit, chat, state=UNLINKED)
    org_id = await _own_org(unit.session, actor)
    if chat is None:
        chat = Chat(id=new_id(), channel=channel, bot_id=bot_id, native_id=native_id)
        unit.session.add(chat)
    else:
        await _drop_hosts(unit, chat)
    chat.org_id, chat.owner_id, chat.state = org_id, me, LINKED
    chat.linked_at, chat.unlinked_at = unit.now, None
    await unit.session.flush()
    unit.session.add(ChatHost(chat_id=chat.id, person_id=me, since=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "chat.linked", role=Role.CADRE, chat=chat.id, org=org_id)
    await signal_chats(unit, chat.id)
    org = await unit.session.get_one(OrgUnit, org_id)
    return ChatLinked(await name_of(unit.session, unit.vault, me), org.name)


async def _may_take_over(unit: Unit, actor: Actor, chat: Chat) -> bool:
    """Whether the owner is no longer in office, so that the group is free: for colleagues first, if any is left."""
    in_office = await cadres_in_office(unit.session, chat, now=unit.now)
    if chat.owner_id in in_office:
        return False
    return not in_office or chat.org_id in actor.orgs(Role.CADRE)


async def _join_hosts(unit: Unit, actor: Actor, chat: Chat) -> Say:
    me = _person(actor)
    if await is_host(unit.session, chat.id, me):
        return ChatKnown()
    if chat.org_id not in actor.orgs(Role.CADRE):
        raise ChatOfOthers
    unit.session.add(ChatHost(chat_id=chat.id, person_id=me, since=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "chat.co_host", role=Role.CADRE, chat=chat.id)
    await signal_chats(unit, chat.id)
    org = await unit.session.get_one(OrgUnit, chat.org_id)
    names = [await name_of(unit.session, unit.vault, person) for person in (me, chat.owner_id)]
    return CoHostAdded(names[0], names[1], org.name)


async def _own_org(session: AsyncSession, actor: Actor) -> int:
    """The organisation for which the cadre links: their own one where they are cadre, else the first."""
    orgs = actor.orgs(Role.CADRE)
    person = await session.get_one(Person, _person(actor))
    return person.org_id if person.org_id in orgs else min(orgs)


# --- unlinking -------------------------------------------------------------------------------------------------------


async def unlink_chat(unit: Unit, actor: Actor, chat: Chat | None) -> Say:
    """``解除关联``: the owner unlinks; a co-host only leaves."""
    me = _person(actor)
    if chat is None or chat.state != LINKED or not await is_host(unit.session, chat.id, me):
        raise ChatNotYours
    host = await unit.session.get(ChatHost, (chat.id, me))
    began = host.since if host is not None and chat.owner_id != me else chat.linked_at
    if unit.came_after(began):  # said while the bot was away, of a link before this one
        return ChatKnown()
    if chat.owner_id != me:
        await _leave_as_co_host(unit, chat, me, actor)
        await unit.audit(actor, "chat.co_host_left", role=Role.CADRE, chat=chat.id)
        return CoHostLeft(await name_of(unit.session, unit.vault, chat.owner_id))
    await happened(unit, LinkEnding(chat, actor))
    await _end_link(unit, chat, state=UNLINKED)
    await unit.audit(actor, "chat.unlinked", role=Role.CADRE, chat=chat.id)
    return ChatUnlinked()


async def _leave_as_co_host(unit: Unit, chat: Chat, person_id: int, actor: Actor | None = None) -> None:
    """What the leaving cadre has begun here ends; what is the owner's goes on."""
    await happened(unit, HostLeaving(chat, person_id, actor))
    host = await unit.session.get(ChatHost, (chat.id, person_id))
    if host is not None:
        await unit.session.delete(host)
    await unit.session.flush()
    await signal_chats(unit, chat.id)


async def _end_link(unit: Unit, chat: Chat, *, state: str) -> None:
    """End 原话 of everybody here (P8: whoever links next is another reader) and drop the hosts; talks are closed."""
    await end_consents_of_chat(unit, chat.id, why=state)
    chat.state, chat.unlinked_at = state, unit.now
    await happened(unit, LinkEnded(chat.id))
    await _drop_hosts(unit, chat)
    await signal_chats(unit, chat.id)


async def _drop_hosts(unit: Unit, chat: Chat) -> None:
    for host in (await unit.session.execute(select(ChatHost).where(ChatHost.chat_id == chat.id))).scalars().all():
        await unit.session.delete(host)
    await unit.session.flush()


# --- what a platform tells -------------------------------------------------------------------------------------------


async def bot_removed(unit: Unit, channel: str, bot_id: str, native_id: str) -> None:
    """The bot is no longer in a group: consents for it end with receipts, contacts stay, its cadres hear numbers."""
    chat = await find_chat(unit.session, channel=channel, bot_id=bot_id, native_id=native_id)
    if chat is None or chat.state != LINKED:
        return
    hosts = await hosts_of(unit.session, chat.id)
    contacts = await count_contacts(unit.session, chat.id)
    await happened(unit, LinkEnding(chat, lost=True))
    await _end_link(unit, chat, state=LOST)
    await unit.audit(None, "chat.lost", chat=chat.id, n=contacts)
    for host in hosts:
        await unit.push_person(host, BotRemoved(native_id, contacts))


async def member_left(unit: Unit, channel: str, bot_id: str, native_id: str, member_native_id: str) -> None:
    """Somebody is no longer in a group. A stranger: nothing at all happens, nothing is stored."""
    chat = await find_chat(unit.session, channel=channel, bot_id=bot_id, native_id=native_id)
    if chat is None or chat.state != LINKED:
        return
    index = account_index(unit.vault, channel, "", member_native_id)
    found = await unit.session.execute(
        select(Account).where(Account.channel == channel, Account.scope == "", Account.native_index == index)
    )
    account = found.scalar_one_or_none()
    if account is None:
        return
    if await is_host(unit.session, chat.id, account.person_id):
        await _host_left(unit, chat, account.person_id)
    await _youth_left(unit, chat, account)


async def _host_left(unit: Unit, chat: Chat, person_id: int) -> None:
    if chat.owner_id != person_id:
        await _leave_as_co_host(unit, chat, person_id)
        await unit.audit(None, "chat.co_host_left", subject_id=person_id, chat=chat.id)
        return
    hosts = await hosts_of(unit.session, chat.id)
    await happened(unit, LinkEnding(chat))
    await _end_link(unit, chat, state=UNLINKED)
    await unit.audit(None, "chat.unlinked", subject_id=person_id, chat=chat.id, why="owner_left")
    for host in hosts:
        await unit.push_person(host, OwnerLeft(chat.native_id))


async def _youth_left(unit: Unit, chat: Chat, account: Account) -> None:
    """The contact stays but is marked as not in the group (``chat_id`` empty); 原话 for it ends with a receipt."""
    rows = await unit.session.execute(
        select(Contact).where(
            Contact.youth_id == account.person_id, Contact.chat_id == chat.id, Contact.ended_at.is_(None)
        )
    )
    contacts = rows.scalars().all()
    if not contacts:
        return
    for contact in contacts:
        contact.chat_id = None
    if account.via_group == chat.native_id:
        account.via_group = ""
    await unit.session.flush()
    await withdraw(unit, account.person_id, ConsentScope.ORIGINAL_MESSAGES, chat.id, why="left_group")
    await happened(unit, YouthLeftGroup(account.person_id, frozenset(contact.cadre_id for contact in contacts)))
    await unit.audit(None, "contact.not_in_group", subject_id=account.person_id)
    await signal_chats(unit, chat.id)
    person = await unit.session.get_one(Person, account.person_id)
    if person.state == "active" and person.is_youth and chat.state == LINKED:
        still_here = await count_contacts(unit.session, chat.id)
        for host in await hosts_of(unit.session, chat.id):
            await unit.push_person(host, MemberLeft(chat.native_id, still_here), cls="O")


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise RuntimeError("a stranger reached an action for cadres")
    return actor.person_id
