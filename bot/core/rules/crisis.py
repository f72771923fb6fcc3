"""危机: words that call for help, what the person chose, and the 24 h clock of the follow-up (P27)."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.crisis_scale import MAX_CHARS, CrisisScale
from bot.core.rules.phrases import Phrases, plain_text, see
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import ends_of

CALM_HOURS: Final = 24
"""Hours after words of danger in which the bot wants nothing of that person (P27)."""
LONGEST_CALM: Final = timedelta(days=8)
"""The longest calm that can be set, seven days, and the night that may follow it: none ends further ahead."""
CALM_FROM_HOUR: Final = 9
CALM_TO_HOUR: Final = 21
"""Local hours between which a question that waited for a crisis to pass is put."""
CRISIS_CLOCK: Final = timedelta(hours=24)
"""A crisis is followed up within this time of its opening (P27)."""
FIRST_CONTACT: Final = timedelta(minutes=10)
"""After 要 the duty officer is reminded when nobody has reached the person by then (S3b)."""
REMIND_AFTER: Final = (
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=20),
    timedelta(hours=23),
)
"""Ages of an open crisis at which its duty officer is reminded, at any hour (reminders fire once each)."""


class CrisisKind(StrEnum):
    """危机信号类型: what the words point to; chooses the card's first sentence, kept nowhere else."""

    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    HARM_TO_OTHERS = "harm_to_others"


@dataclass(frozen=True, slots=True)
class CrisisSign:
    """危机信号: that words were found, never which ones."""

    kind: CrisisKind


class CrisisWords:
    """危机用语: the phrases of ``templates/crisis/words.toml`` and the scale beside them, read once at start."""

    def __init__(
        self,
        replace: Mapping[int, str],
        idioms: Phrases,
        firm: Phrases,
        phrases: Phrases,
        scale: CrisisScale | None = None,
    ) -> None:
        self.replace = replace
        self.idioms = idioms
        self.firm = firm
        self.phrases = phrases
        self.scale = scale

    @classmethod
    def from_data(cls, data: Mapping[str, Any], scale: CrisisScale | None = None) -> "CrisisWords":
        """Build the words from the parsed data file; raises ``ValueError`` or ``KeyError`` naming what is wrong."""
        replace = {ord(char): plain for plain, chars in data["replace"].items() for char in chars}
        return cls(
            replace,
            Phrases({"idiom": data["idioms"]["phrases"]}, replace),
            Phrases({kind: data[kind]["firm"] for kind in CrisisKind}, replace),
            Phrases({kind: data[kind]["phrases"] for kind in CrisisKind}, replace),
            scale,
        )

    def unweighed(self) -> "CrisisWords":
        """The same phrases alone."""
        return CrisisWords(self.replace, self.idioms, self.firm, self.phrases)

    def weighing(self, scale: CrisisScale) -> "CrisisWords":
        """The same phrases beside another scale."""
        return CrisisWords(self.replace, self.idioms, self.firm, self.phrases, scale)


def find_crisis(text: str, words: CrisisWords) -> CrisisSign | None:
    """The gravest sign in a private text: danger to the person first, then abuse, then danger to others; else None.

    Firm phrases decide alone. Idioms are then cut out where they stand whole; the other phrases count unless the scale
    is sure that the talk is about something else (a film, the news, a game), and the scale finds what no phrase says.
    Of a text longer than people write, its beginning and its end are looked at: a scan never holds up the others.
    """
    plain = plain_text(ends_of(text), words.replace)
    firm = words.firm.labels(see(plain))
    if firm:
        return _gravest(firm)
    found, scale = words.phrases.labels(see(words.idioms.without(plain))), words.scale
    if scale is None:
        return _gravest(found)
    weighed = scale.weigh(plain)
    if found and (weighed.danger >= scale.calm or not weighed.elsewhere or len(plain) > MAX_CHARS):
        return _gravest(found)
    return CrisisSign(CrisisKind(weighed.kind)) if weighed.danger >= scale.danger else None


def _gravest(found: Set[str]) -> CrisisSign | None:
    return next((CrisisSign(kind) for kind in CrisisKind if kind in found), None)


def sounds_low(text: str, words: CrisisWords) -> bool:
    """Whether a text sounds of distress, short of danger: a warm line may answer it, and nothing else follows."""
    return words.scale is not None and words.scale.sounds_low(plain_text(ends_of(text), words.replace))


class CrisisChoice(StrEnum):
    """危机卡片的选择: 要, 先不要, 只想有人陪我等一会儿 (S3b)."""

    WANT_CONTACT = "want_contact"
    NOT_NOW = "not_now"
    WAIT_WITH_ME = "wait_with_me"


class CrisisState(StrEnum):
    """危机状态: opened, asked whether a person may make contact, contact wanted, followed up by a person, closed."""

    OPEN = "open"
    ASKED = "asked"
    CONTACT_WANTED = "contact_wanted"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"


class CrisisAlreadyClosed(Refusal):
    """A closed crisis takes no step any more; new words open a new one."""

    code = "crisis.already_closed"


class CrisisNotFollowedUp(Refusal):
    """A crisis that nobody has followed up cannot be closed: a person looks at every one."""

    code = "crisis.not_followed_up"


def state_after_asking(state: CrisisState) -> CrisisState:
    """The card has gone out; repeating it later takes nothing back."""
    _refuse_if_closed(state)
    return CrisisState.ASKED if state is CrisisState.OPEN else state


def state_after_choice(state: CrisisState, choice: CrisisChoice) -> CrisisState:
    """What the person chose. 要 counts at any time before the end, also after a no; the other answers take no 要 back.

    The duty officer knows of the crisis in every case (P27); the choice only says whether contact may be made now.
    """
    _refuse_if_closed(state)
    if choice is CrisisChoice.WANT_CONTACT:
        return CrisisState.CONTACT_WANTED
    return CrisisState.ASKED if state is CrisisState.OPEN else state


def state_after_follow_up(state: CrisisState) -> CrisisState:
    """A person on duty has reached the youth, or has done what could be done."""
    _refuse_if_closed(state)
    return CrisisState.FOLLOWED_UP


def state_after_closing(state: CrisisState) -> CrisisState:
    """The duty officer closes; refused before anybody has followed up."""
    _refuse_if_closed(state)
    if state is not CrisisState.FOLLOWED_UP:
        raise CrisisNotFollowedUp
    return CrisisState.CLOSED


def _refuse_if_closed(state: CrisisState) -> None:
    if state is CrisisState.CLOSED:
        raise CrisisAlreadyClosed


def waits_for_follow_up(state: CrisisState) -> bool:
    """Whether the clock still runs."""
    return state not in (CrisisState.FOLLOWED_UP, CrisisState.CLOSED)


@dataclass(frozen=True, slots=True)
class CrisisCalm:
    """危机后的安静: for how long nothing the bot wants to know is put to somebody who spoke of danger (P27)."""

    hours: int = CALM_HOURS


def calm_until(now: datetime, calm: CrisisCalm) -> datetime:
    """Until when the bot's own questions wait after a crisis; they never come in the night (P22, P27).

    Somebody who has just asked for help is not asked for a consent in the next line, nor answers ``1`` to it unawares.
    """
    then = now + timedelta(hours=calm.hours)
    if then.hour < CALM_FROM_HOUR:
        return then.replace(hour=CALM_FROM_HOUR, minute=0, second=0, microsecond=0)
    if then.hour >= CALM_TO_HOUR:
        return (then + timedelta(days=1)).replace(hour=CALM_FROM_HOUR, minute=0, second=0, microsecond=0)
    return then


def crisis_due(opened_at: datetime) -> datetime:
    """When the follow-up must have happened."""
    return opened_at + CRISIS_CLOCK


def reminders_until(opened_at: datetime, contact_wanted_at: datetime | None) -> tuple[datetime, ...]:
    """Every instant at which the duty officer is reminded while the clock runs, in order, the last one when it ends."""
    times = {opened_at + age for age in REMIND_AFTER} | {crisis_due(opened_at)}
    if contact_wanted_at is not None:
        times.add(contact_wanted_at + FIRST_CONTACT)
    return tuple(sorted(times))


def reminder_due(
    state: CrisisState,
    opened_at: datetime,
    now: datetime,
    *,
    contact_wanted_at: datetime | None = None,
    reminded_at: datetime | None = None,
) -> bool:
    """Whether the duty officer is to be reminded now: an instant has passed since the last reminder, day or night.

    Several instants that passed at once, as after downtime, make one reminder.
    """
    since = reminded_at or opened_at
    return waits_for_follow_up(state) and any(
        since < instant <= now for instant in reminders_until(opened_at, contact_wanted_at)
    )


@dataclass(frozen=True, slots=True)
class Hotline:
    """求助热线: a number, what it is, an honest note on its hours, and the regions it serves (none: everywhere)."""

    number: str
    what: str
    note: str = ""
    regions: tuple[str, ...] = ()
    on_card: bool = False
    """Whether the crisis card names it; the others are for people who ask."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> tuple["Hotline", ...]:
        """The lines of the parsed ``templates/crisis/hotlines.toml`` in the order of the file, danger to life first."""
        return tuple(
            cls(e["number"], e["what"], e.get("note", ""), tuple(e.get("regions", ())), e.get("on_card", False))
            for e in data["hotline"]
        )


EMERGENCY: Final = ("110", "120")
"""Police and ambulance stand first whatever the file's order (requirements 6.6)."""


def hotlines_for(region: str, all_lines: Sequence[Hotline]) -> tuple[Hotline, ...]:
    """The lines that serve ``region`` (a place name such as 北京市海淀区; empty if unknown), 110 and 120 first."""
    fitting = [line for line in all_lines if not line.regions or any(region.startswith(r) for r in line.regions)]
    return tuple(sorted(fitting, key=lambda line: line.number not in EMERGENCY))
