"""发起: an activity is read from what its cadre wrote, missing parts are asked for, and it is announced (R2.9, P35)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.acts.asking import ask_speaker
from bot.core.acts.react import happened
from bot.core.question import Ask, Asked
from bot.core.reads.linked import is_host
from bot.core.reads.orgs import organ_that_owes
from bot.core.rules.campaign import Campaigns
from bot.core.rules.five_ones import USUAL_SLOTS, Slot
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.rules.when import Ambiguous, Exact, Reading, say_exact
from bot.core.rules.when import Refused as NoSuchTime
from bot.core.rules.workdays import Workdays
from bot.features.activity.acts.draft import CHAT, DRAFT, SLOT, DraftData
from bot.features.activity.acts.words import checked, write
from bot.features.activity.events import CampaignNamed
from bot.features.activity.reads.activity import ActivityLine, announcement_key, chats_of, line_of
from bot.features.activity.reads.kinds import shown_kinds
from bot.features.activity.rules.activity import USUAL_LENGTH, ActivityPast, ActivityState, Field, Plan, check_times
from bot.features.activity.rules.announce import read_plan, said_kind
from bot.features.activity.rules.named import CampaignCalled, named_in
from bot.features.activity.tables import Activity
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.outbox import Sending
from bot.store.refs import new_ref
from bot.store.unit import Unit

DRAFT_LIFE: Final = timedelta(hours=1)
"""How long a question before the activity exists waits: until then the draft lives in it."""
MOST_CHATS: Final = 8
"""Groups that one question lists; one more number says: in none."""
READINGS: Final = 4


@dataclass(frozen=True, slots=True)
class PartAsked(Say):
    """To the cadre: one part is missing, or its time can be read in several ways; ``why`` says what was wrong."""

    template: ClassVar[str] = "activity/part"
    asking: Field
    why: str
    kinds: tuple[str, ...]
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChatAsked(Say):
    """To the cadre: into which of the own groups it goes."""

    template: ClassVar[str] = "activity/which_chat"
    chats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotAsked(Say):
    """To the organ: which of its five it fills; ``usual``: the one that this kind of activity usually is."""

    template: ClassVar[str] = "activity/which_slot"
    slots: tuple[Slot, ...]
    usual: Slot


@dataclass(frozen=True, slots=True)
class Announced(Say):
    """Into the group: what, when, where, how to say 来; and that whoever cannot come need not (P38)."""

    template: ClassVar[str] = "activity/announced"
    line: ActivityLine
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class ActivityMade(Say):
    """To the cadre in private: entered; ``group``: where it was announced, empty for nowhere."""

    template: ClassVar[str] = "activity/made"
    line: ActivityLine
    group: str
    slot: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class MoreInPrivate(Say):
    """In the group: what is missing is asked in private."""

    template: ClassVar[str] = "activity/more_in_private"


class ActivityNotHost(Refusal):
    """A group that this cadre does not look after."""

    code = "activity.not_host"


async def announce(
    unit: Unit,
    actor: Actor,
    text: str,
    chat: Chat | None,
    kinds: Mapping[str, str],
    workdays: Workdays,
    campaigns: Campaigns,
    *,
    private: bool,
) -> Say | None:
    """``发起 <类别> <时间> <地点> <主题> [限N人]``, in any order; in a group it is announced there."""
    if not private and (chat is None or chat.state != "linked" or not await is_host(unit.session, chat.id, actor)):
        raise ActivityNotHost
    plan, reading = read_plan(text, kinds, unit.now, workdays)
    draft = DraftData(
        *(plan.kind, plan.starts_at, plan.ends_at),
        place=checked("place", plan.place or ""),
        topic=checked("topic", plan.topic or ""),
        seats=plan.seats,
        chat_id=chat.id if chat is not None and not private else None,
    )
    asks = not private and bool(draft.plan.missing())
    named = named_in(plan.topic or "", campaigns, unit.now, workdays)
    said = await _go_on(unit, actor, draft.naming(named), kinds, reading)
    return MoreInPrivate() if asks else said


async def announce_organ(
    unit: Unit, actor: Actor, text: str, kinds: Mapping[str, str], workdays: Workdays, campaigns: Campaigns
) -> Say | None:
    """``机关活动 <类别> <时间> <地点> <主题>``: one of the five of a quarter; which one is asked (R2.1)."""
    organ = await organ_that_owes(unit.session, actor)
    plan, reading = read_plan(text, kinds, unit.now, workdays)
    draft = DraftData(
        *(plan.kind, plan.starts_at, plan.ends_at),
        place=checked("place", plan.place or ""),
        topic=checked("topic", plan.topic or ""),
        seats=plan.seats,
        organ=organ.id,
    )
    named = named_in(plan.topic or "", campaigns, unit.now, workdays)
    return await _go_on(unit, actor, draft.naming(named), kinds, reading)


async def answer_slot(unit: Unit, actor: Actor, question: Asked[DraftData], answer: str) -> Say | None:
    """Which of the five."""
    return await _go_on(unit, actor, replace(question.data, slot=tuple(Slot)[int(answer) - 1].value), {}, None)


async def answer_draft(
    unit: Unit,
    actor: Actor,
    question: Asked[DraftData],
    answer: str,
    kinds: Mapping[str, str],
    workdays: Workdays,
    campaigns: Campaigns,
) -> Say | None:
    """One missing part."""
    draft, reading = question.data, None
    match draft.asking:
        case Field.KIND:
            draft = replace(draft, kind=said_kind(answer, kinds))
        case Field.TIME:
            draft, reading = _timed(draft, answer, unit.now, workdays)
        case Field.PLACE:
            draft = replace(draft, place=checked("place", answer))
        case _:
            named = named_in(answer, campaigns, unit.now, workdays)
            draft = replace(draft, topic=checked("topic", answer)).naming(named)
    return await _go_on(unit, actor, replace(draft, asking="", offered=()), kinds, reading)


async def answer_chat(unit: Unit, actor: Actor, question: Asked[DraftData], answer: str) -> Say | None:
    """Which group; the last number is none."""
    draft = question.data
    chosen = int(answer) - 1
    chat_id = draft.chats[chosen] if chosen < len(draft.chats) else None
    chat = await unit.session.get(Chat, chat_id) if chat_id is not None else None
    if chat is not None and (chat.state != "linked" or not await is_host(unit.session, chat.id, actor)):
        raise ActivityNotHost
    return await _make(unit, actor, draft, chat, aside=True)


def _timed(draft: DraftData, answer: str, now: datetime, workdays: Workdays) -> tuple[DraftData, Reading | None]:
    if answer.isdecimal() and 1 <= int(answer) <= len(draft.offered):
        starts_at, ends_at = draft.offered[int(answer) - 1]
        return replace(draft, starts_at=starts_at, ends_at=ends_at or draft.ends_at), None
    plan, reading = read_plan(answer, {}, now, workdays)
    return replace(draft, starts_at=plan.starts_at, ends_at=plan.ends_at or draft.ends_at), reading


async def _go_on(
    unit: Unit, actor: Actor, draft: DraftData, kinds: Mapping[str, str], reading: Reading | None
) -> Say | None:
    """Ask for the next missing part, else for the group, else announce it."""
    if draft.starts_at is not None and draft.starts_at <= unit.now:
        raise ActivityPast
    missing = draft.plan.missing()
    if missing:
        await _ask_part(unit, actor, draft, missing[0], kinds, reading if missing[0] is Field.TIME else None)
        return None
    if draft.organ is not None and not draft.slot:
        say = SlotAsked(tuple(Slot), USUAL_SLOTS.get(draft.kind or "", Slot.SELF_DESIGNED))
        options = tuple(str(n) for n in range(1, len(Slot) + 1))
        await ask_speaker(unit, actor, Ask(SLOT, options, say, draft, life=DRAFT_LIFE))
        return None
    if draft.chat_id is not None:
        return await _make(unit, actor, draft, await unit.session.get_one(Chat, draft.chat_id), aside=False)
    chats = (await chats_of(unit.session, actor))[:MOST_CHATS]
    if len(chats) < 2:
        return await _make(unit, actor, draft, chats[0] if chats else None, aside=True)
    options = tuple(str(n) for n in range(1, len(chats) + 2))
    data = replace(draft, chats=tuple(chat.id for chat in chats))
    say = ChatAsked(tuple(chat.native_id for chat in chats))
    await ask_speaker(unit, actor, Ask(CHAT, options, say, data, life=DRAFT_LIFE))
    return None


async def _ask_part(
    unit: Unit, actor: Actor, draft: DraftData, asking: Field, kinds: Mapping[str, str], reading: Reading | None
) -> None:
    offered: tuple[Exact, ...] = ()
    why = ""
    if isinstance(reading, Ambiguous):
        offered, why = reading.readings, f"two_{reading.why.value}"
    elif isinstance(reading, NoSuchTime):
        offered, why = reading.nearest, f"no_{reading.code.value}"
    offered = tuple(one for one in offered if one.at > unit.now)[:READINGS]
    say = PartAsked(asking, why, shown_kinds(kinds), tuple(say_exact(one, unit.now) for one in offered))
    data = replace(draft, asking=asking.value, offered=tuple((one.at, one.end) for one in offered))
    options = tuple(str(n) for n in range(1, len(offered) + 1))
    await ask_speaker(unit, actor, Ask(DRAFT, options, say, data, takes_text=True, life=DRAFT_LIFE))


async def _make(unit: Unit, actor: Actor, draft: DraftData, chat: Chat | None, *, aside: bool) -> Say | None:
    """Enter it and announce it: the announcement is the receipt where it was typed into the group."""
    role = Role.CADRE if draft.organ is None else Role.ORGAN_ADMIN
    allowed = actor.has(role) if draft.organ is None else draft.organ in actor.orgs(role)
    if not allowed or draft.starts_at is None:
        raise NotFound
    ends_at = draft.ends_at or draft.starts_at + USUAL_LENGTH
    check_times(draft.starts_at, ends_at)
    activity = await insert(unit, actor, draft.plan, ends_at, chat)
    activity.announced_at = unit.now if chat is not None else None
    if draft.organ is not None:
        activity.org_id, activity.slot = draft.organ, draft.slot
    await unit.session.flush()
    await unit.audit(actor, "activity.announced", role=role, ref=f"A{activity.ref}", kind=activity.kind)
    campaign = await _part_of_campaign(unit, actor, draft.named, activity)
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    if chat is None:
        return ActivityMade(line, "", draft.slot, campaign)
    how: Sending = {"idem_key": announcement_key(activity.id), "expires_at": activity.starts_at}
    await unit.push_chat(chat, Announced(line, campaign), instead=actor.person_id if aside else None, **how)
    return ActivityMade(line, chat.native_id, draft.slot, campaign) if aside else None


async def _part_of_campaign(unit: Unit, actor: Actor, named: CampaignCalled, activity: Activity) -> str:
    """The name of the campaign that it is part of from now on, because it was named; empty for none."""
    year = named.year_of(activity.starts_at)
    if year is None:
        return ""
    await happened(unit, CampaignNamed(activity.id, activity.ref, named.key, year, actor))
    return named.name


async def insert(unit: Unit, actor: Actor, plan: Plan, ends_at: datetime, chat: Chat | None) -> Activity:
    """The row, with a key of its own for its words."""
    activity_id = new_id()
    org_id = chat.org_id if chat is not None else min(actor.orgs(Role.CADRE) or actor.orgs(Role.ORGAN_ADMIN))
    activity = Activity(
        id=activity_id,
        ref=await new_ref(unit, "A"),
        cadre_id=actor.person_id,
        org_id=org_id,
        chat_id=chat.id if chat is not None else None,
        kind=plan.kind,
        state=ActivityState.OPEN,
        key_id=await unit.vault.new_key(unit.session, f"activity:{activity_id}"),
        capacity=plan.seats,
        starts_at=plan.starts_at,
        ends_at=ends_at,
        made_at=unit.now,
    )
    await write(unit, activity, place=plan.place, topic=plan.topic)
    unit.session.add(activity)
    await unit.session.flush()
    return activity
