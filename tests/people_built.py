"""Builders of invented people for tests: organisations, cadres, youths, groups. Each writes its own transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.chat.text import consent_texts
from bot.core.reads.people import account_index
from bot.core.rules.bind import CODE_LIFE
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand, CadreKind, Grant, OrgKind, OrgLevel, Role
from bot.core.tables import Consent
from bot.store.base import new_id
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import Account, BindCode, OrgUnit, Person, RoleGrant
from bot.store.refs import new_ref
from bot.store.store import Store

BOT = "30003"
CHANNEL = "qq"


async def make_org(
    store: Store, name: str = "清河县团委", level: OrgLevel = OrgLevel.COUNTY, parent: OrgUnit | None = None
) -> OrgUnit:
    """An organisation below ``parent``."""
    async with store.unit() as unit:
        org_id = new_id()
        org = OrgUnit(
            id=org_id,
            code=f"{org_id:x}",
            name=name,
            parent_id=parent.id if parent else None,
            level=level.value,
            kind=OrgKind.GEOGRAPHIC.value,
            path=f"{parent.path if parent else '/'}{org_id}/",
            key_id=await unit.vault.new_key(unit.session, f"org:{org_id}"),
        )
        unit.session.add(org)
    return org


async def make_person(
    store: Store,
    org: OrgUnit,
    name: str,
    *,
    number: str = "",
    roles: Sequence[Role] = (),
    cadre_kind: CadreKind = CadreKind.FULL_TIME,
    age_band: AgeBand | None = None,
    is_youth: bool = False,
) -> Actor:
    """A person; ``number`` binds a QQ account, ``roles`` are held for ``org``."""
    async with store.unit() as unit:
        person_id, account_id = new_id(), new_id()
        key_id = await unit.vault.new_key(unit.session, f"person:{person_id}")
        unit.session.add(
            Person(
                id=person_id,
                name=await unit.seal(key_id, f"people:{person_id}:name", name),
                org_id=org.id,
                age_band=age_band.value if age_band else None,
                is_youth=is_youth,
                key_id=key_id,
                created_at=unit.now,
            )
        )
        await unit.session.flush()
        grants = []
        for role in roles:
            kind = cadre_kind if role is Role.CADRE else None
            grants.append(Grant(role, org.id, kind))
            unit.session.add(
                RoleGrant(
                    person_id=person_id,
                    org_id=org.id,
                    role=role.value,
                    cadre_kind=kind.value if kind else None,
                    since=unit.now,
                )
            )
        if number:
            unit.session.add(
                Account(
                    id=account_id,
                    person_id=person_id,
                    channel=CHANNEL,
                    native=await unit.seal(key_id, f"accounts:{account_id}:native", number),
                    native_index=account_index(unit.vault, CHANNEL, "", number),
                    bot_id=BOT,
                    bound_at=unit.now,
                )
            )
        if is_youth:
            grants.append(Grant(Role.YOUTH, org.id))
    return Actor(person_id, account_id if number else None, tuple(grants), age_band)


async def make_account(
    store: Store,
    person: Actor,
    number: str,
    *,
    later: timedelta = timedelta(),
    channel: str = CHANNEL,
    bot: str = BOT,
) -> None:
    """A further account of a person, perhaps on another channel or with another bot."""
    async with store.unit() as unit:
        account_id = new_id()
        row = await unit.session.get_one(Person, person.person_id)
        unit.session.add(
            Account(
                id=account_id,
                person_id=row.id,
                channel=channel,
                native=await unit.seal(row.key_id, f"accounts:{account_id}:native", number),
                native_index=account_index(unit.vault, channel, "", number),
                bot_id=bot,
                bound_at=unit.now + later,
            )
        )


async def make_cadre(store: Store, org: OrgUnit, name: str = "林晓舟", number: str = "10001") -> Actor:
    """A full-time cadre."""
    return await make_person(store, org, name, number=number, roles=(Role.CADRE,))


async def make_youth(
    store: Store,
    org: OrgUnit,
    name: str = "小赵",
    number: str = "20001",
    *,
    cadre: Actor | None = None,
    chat: Chat | None = None,
    age_band: AgeBand = AgeBand.ADULT,
    last_contact: timedelta = timedelta(),
) -> Actor:
    """A youth who has joined, with a contact to ``cadre`` through ``chat``."""
    youth = await make_person(store, org, name, number=number, age_band=age_band, is_youth=True)
    if cadre is not None:
        async with store.unit() as unit:
            unit.session.add(
                Contact(
                    cadre_id=cadre.person_id,
                    youth_id=youth.person_id,
                    chat_id=chat.id if chat else None,
                    ref=await new_ref(unit, "K"),
                    since=unit.now - last_contact,
                    last_contact_at=unit.now - last_contact,
                )
            )
    return youth


async def make_chat(store: Store, org: OrgUnit, owner: Actor, native_id: str = "888", *hosts: Actor) -> Chat:
    """A linked group."""
    async with store.unit() as unit:
        chat = Chat(
            id=new_id(),
            channel=CHANNEL,
            bot_id=BOT,
            native_id=native_id,
            org_id=org.id,
            owner_id=owner.person_id,
            state="linked",
            linked_at=unit.now,
        )
        unit.session.add(chat)
        await unit.session.flush()
        for host in (owner, *hosts):
            unit.session.add(ChatHost(chat_id=chat.id, person_id=host.person_id, since=unit.now))
    return chat


async def make_consent(
    store: Store, person: Actor, scope: ConsentScope, chat: Chat | None = None, *, at: datetime | None = None
) -> None:
    """A consent in force."""
    text = consent_texts().of(scope)
    async with store.unit() as unit:
        unit.session.add(
            Consent(
                person_id=person.person_id,
                scope=scope.value,
                chat_id=chat.id if chat else None,
                text_version=text.version,
                text_hash=text.hash,
                channel=CHANNEL,
                given_at=at or unit.now,
            )
        )


async def make_code(store: Store, person: Actor, code: str = "K7PD93QX2M") -> str:
    """A bind code for an invited person."""
    async with store.unit() as unit:
        unit.session.add(
            BindCode(
                person_id=person.person_id,
                code_hash=unit.vault.mac("codes", code),
                expires_at=unit.now + CODE_LIFE,
            )
        )
    return code
