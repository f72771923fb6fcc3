"""心声、建议、投诉: keeping what was said, and telling who has to answer it (R2.5, 6.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from bot.core.acts.arrivals import tell_arrival
from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask
from bot.core.reads.duty import Holders
from bot.core.reads.office import is_serving
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.draft import Draft
from bot.features.voice.acts.transition import KIND, NAMED
from bot.features.voice.rules.voice import TOLD_KINDS, VoiceAbout, VoiceKind, VoiceState, next_morning
from bot.features.voice.tables import Voice
from bot.store.base import new_id
from bot.store.outbox import APPOINTED
from bot.store.people import OrgUnit, Person
from bot.store.refs import new_ref
from bot.store.unit import Unit

LETTER: Final = "V"
NAME_OPTIONS: Final = ("nameless", "named")
OPTIONAL_LIFE: Final = timedelta(days=1)
"""What need not be answered does not hold up other questions for a week."""
NOTICE_LIFE: Final = timedelta(days=3)
"""How long a notice of a complaint may wait for its morning and for a gateway that is away."""


@dataclass(frozen=True, slots=True)
class VoiceTaken(Say):
    """The receipt: to whom it goes; ``aloud`` in a group, where neither names nor what it is are repeated."""

    template: ClassVar[str] = "voice/taken"
    ref: int
    to: str
    aloud: bool
    suggestion: bool
    wordless: bool
    gone: bool = False
    """The cadre cannot take it now: nobody has it yet."""


@dataclass(frozen=True, slots=True)
class ComplaintTaken(Say):
    """The receipt of a complaint: who gets it, that the name stays out, and how an answer comes back."""

    template: ClassVar[str] = "voice/complaint_taken"
    ref: int
    to: str
    known: bool
    barred: bool
    """Whether it is known whom it concerns, so that they can be kept from it."""


@dataclass(frozen=True, slots=True)
class KindAsked(Say):
    """Which kind it is; it is kept already."""

    template: ClassVar[str] = "voice/kind"
    ref: int


@dataclass(frozen=True, slots=True)
class NamedAsked(Say):
    """Whether a complaint may carry its sender's name; without an answer it does not."""

    template: ClassVar[str] = "voice/named"
    ref: int


@dataclass(frozen=True, slots=True)
class VoiceArrived(Say):
    """To the linked cadre: there is something to answer; not a word of it."""

    template: ClassVar[str] = "voice/arrived"
    ref: int
    wordless: bool


@dataclass(frozen=True, slots=True)
class VoiceArrivedAbove(Say):
    """To an organ's admins: an item has come to them; kind and reference only."""

    template: ClassVar[str] = "voice/arrived_above"
    ref: int
    kind: str
    org: str


async def record_voice(
    unit: Unit, actor: Actor, author: Person, draft: Draft, cadre_id: int, org_id: int, *, aloud: bool
) -> VoiceTaken:
    """Keep a 心声 or a suggestion for the linked cadre; the kind is asked afterwards."""
    voice = await _new(unit, draft, author.id, org_id, author.key_id)
    voice.cadre_id = cadre_id
    unit.session.add(voice)
    await unit.session.flush()
    await unit.audit(actor, "voice.submitted", role=Role.YOUTH, subject_id=author.id, ref=f"{LETTER}{voice.ref}")
    gone = not await is_serving(unit.session, cadre_id, now=unit.now)
    if not gone:
        arrived = VoiceArrived(voice.ref, voice.wordless)
        await tell_arrival(unit, cadre_id, arrived, of="voice", idem_key=f"{arrival_key(voice.id)}0", cls="L")
    if draft.kind is None and not voice.wordless and not gone:
        kinds = tuple(kind.value for kind in TOLD_KINDS)
        await ask_speaker(unit, actor, Ask(KIND, kinds, KindAsked(voice.ref), subject_id=voice.id, life=OPTIONAL_LIFE))
    to = "" if aloud else await name_of(unit.session, unit.vault, cadre_id)
    return VoiceTaken(voice.ref, to, aloud, draft.kind == VoiceKind.SUGGESTION, voice.wordless, gone)


async def record_complaint(
    unit: Unit, actor: Actor, author: Person | None, draft: Draft, route: Holders, org_id: int, workdays: Workdays
) -> Say:
    """Keep a complaint for the level above: the day and not the hour, and its notice waits for a morning (S2.4)."""
    # What somebody unknown says has no key of its own: it goes under the key of the organ that answers it.
    key_id = author.key_id if author else (await unit.session.get_one(OrgUnit, route.org_id)).key_id
    voice = await _new(unit, draft, author.id if author else None, org_id, key_id)
    voice.holder_org_id, voice.about = route.org_id, draft.about or VoiceAbout.OTHER
    if draft.about == VoiceAbout.CADRE:
        voice.about_id = draft.cadre_id
    elif draft.about == VoiceAbout.ORG:
        voice.about_org_id = org_id
    morning = next_morning(unit.now, workdays)
    voice.said_at = unit.now.replace(hour=0, minute=0, second=0, microsecond=0)
    voice.held_since = morning
    unit.session.add(voice)
    await unit.session.flush()
    ref = f"{LETTER}{voice.ref}"
    await unit.audit(actor, "voice.submitted", role=_role(actor), subject_id=author.id if author else None, ref=ref)
    await tell_organ(unit, voice, route, not_before=morning, expires_at=morning + NOTICE_LIFE)
    if author is not None:
        await ask_speaker(
            unit, actor, Ask(NAMED, NAME_OPTIONS, NamedAsked(voice.ref), subject_id=voice.id, life=OPTIONAL_LIFE)
        )
    barred = voice.about_id is not None or voice.about_org_id is not None
    return ComplaintTaken(voice.ref, route.org_name, author is not None, barred)


async def tell_organ(
    unit: Unit,
    voice: Voice,
    route: Holders,
    *,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Tell every admin of the organ that now has an item, each once for each time it comes to them."""
    say = VoiceArrivedAbove(voice.ref, voice.kind or "", route.org_name)
    for person_id in route.people:
        key = f"{arrival_key(voice.id)}{voice.raised}:{person_id}"
        if not_before is not None:
            key = APPOINTED + key
        await tell_arrival(
            unit, person_id, say, of="complaint", idem_key=key, not_before=not_before, expires_at=expires_at
        )


def arrival_key(voice_id: int) -> str:
    """How the outbox keys of notices that an item has come begin, so that they can be taken back."""
    return f"voice:{voice_id}:new:"


async def _new(unit: Unit, draft: Draft, author_id: int | None, org_id: int, key_id: int) -> Voice:
    voice_id = new_id()
    text = None if draft.wordless else await unit.seal(key_id, f"voices:{voice_id}:text", draft.text)
    return Voice(
        id=voice_id,
        ref=await new_ref(unit, LETTER),
        author_id=author_id,
        org_id=org_id,
        kind=draft.kind,
        state=VoiceState.OPEN.value,
        key_id=key_id,
        text=text,
        wordless=draft.wordless,
        said_at=unit.now,
        held_since=unit.now,
    )


def _role(actor: Actor) -> Role | str:
    """In which part somebody complains: as a youth if they are one; the office says nothing about who it is."""
    return Role.YOUTH if actor.has(Role.YOUTH) else ""
