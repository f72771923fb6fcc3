"""找人聊聊 Relay: how a talk through the bot is asked for, goes on and ends; how its words are signed (P22, P32)."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.checked import Forbidden, checked
from bot.core.rules.privacy import secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import clean, first_word, plain_key, split_long

REQUEST_LIFE: Final = timedelta(hours=24)
"""How long a request waits for an answer; then its youth hears that none came."""
FRESH: Final = timedelta(minutes=15)
"""Who said so within this time is taken to be there still; whoever said it earlier is asked again first."""
LATER_DEFAULT: Final = timedelta(hours=1)
"""晚点 without a time."""
IDLE_NOTICE: Final = timedelta(minutes=25)
IDLE_END: Final = timedelta(minutes=30)
"""Without a word from either side: both are told, and five minutes later it ends."""
LONGEST: Final = timedelta(hours=2)
LAST_NOTICE: Final = timedelta(minutes=10)
"""The longest relay, and how long before its end both are told."""
WORD_LIFE: Final = timedelta(minutes=10)
"""How long words wait for a bot that is offline; then the speaker is told that they did not arrive."""
SECOND_TAP: Final = timedelta(seconds=10)
"""A bare ``1`` this soon after a relay opened is the same answer given twice, and no word for the other side."""
UNDER_WAY: Final = timedelta(minutes=1)
"""How long after the opening words may still come in that were typed before it; an event is given up after seconds."""
BLOCK_WITHIN: Final = timedelta(hours=1)
"""How long after an anonymous relay its cadre may still say 屏蔽."""
FEW_YOUTHS: Final = 5
"""A cadre with fewer youths may guess who speaks: said before an anonymous relay begins (P12, P23)."""
MAX_TOPIC: Final = 60
MAX_WORDS: Final = 2_000
"""Characters of one message that are passed on; with more nothing of it is."""
PART: Final = 500
"""Characters passed on under one sign: less than any channel splits by itself, so no part goes without its sign."""
QUIET_FROM: Final = 22
QUIET_TO: Final = 8
"""Local hours between which nobody is asked for a talk (P22, requirements 7.6)."""

ANONYMOUS: Final = "匿名"

_SIGN_BRACKETS: Final = str.maketrans("「」｢｣﹁﹂『』﹃﹄", "“”“”“”‘’‘’")
"""Brackets of the sign and those that look like them become quotation marks: no words can begin with a sign."""
_LINE_ENDS: Final = str.maketrans({"\u2028": "\n", "\u2029": "\n"})
_TURNING: Final = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of writing, so that words seem to stand elsewhere than they do."""


class RelayState(StrEnum):
    """聊聊的状态: in line, with the cadre, put off, with the youth once more, or open."""

    WAITING = "waiting"
    ASKED = "asked"
    LATER = "later"
    READY = "ready"
    OPEN = "open"


class RelaySide(StrEnum):
    """聊聊的一方: the youth who asked, or the cadre."""

    YOUTH = "youth"
    CADRE = "cadre"

    @property
    def other(self) -> "RelaySide":
        """The side across."""
        return RelaySide.CADRE if self is RelaySide.YOUTH else RelaySide.YOUTH


class RelayEnd(StrEnum):
    """聊聊结束的原因: said by a side, silence, the longest time, or that the two are no longer in contact."""

    SAID = "said"
    IDLE = "idle"
    LONG = "long"
    OVER = "over"


class RelayStep(StrEnum):
    """聊聊到点要做的事: nothing, a notice that silence or the longest time ends it soon, or that it ends."""

    NONE = "none"
    IDLE_NOTICE = "idle_notice"
    LAST_NOTICE = "last_notice"
    IDLE_END = "idle_end"
    LONG_END = "long_end"


@dataclass(frozen=True, slots=True)
class RelayWish:
    """聊聊的请求: what was typed after the word; ``topic`` may be empty."""

    anonymous: bool
    topic: str = field(repr=False)


class RelayAlready(Refusal):
    """This youth has a relay already, waiting or open."""

    code = "relay.already"


class RelayNobody(Refusal):
    """No cadre in office whom this youth is in contact with."""

    code = "relay.nobody"


class RelayTooOften(Refusal):
    """Asked, taken back and asked again, several times in a few minutes: each would be put to the cadre."""

    code = "relay.too_often"


class RelayYourself(Refusal):
    """The only cadre in question is the youth themselves."""

    code = "relay.yourself"


class RelayNone(Refusal):
    """结束聊天 without anything to end."""

    code = "relay.none"


class RelayTopicTooLong(Refusal):
    """A topic that is too long; field ``most``."""

    code = "relay.topic_too_long"


class RelayTopicSecret(Refusal):
    """A topic with a secrecy marking (P37)."""

    code = "relay.topic_secret"


class RelayWhenUnclear(Refusal):
    """A time that could not be read, or that is over, or further away than three days."""

    code = "relay.when_unclear"


class RelayBusy(Refusal):
    """The cadre who says 现在可以 is in, or waits for, a talk of their own."""

    code = "relay.busy"


class RelayBlockNamed(Refusal):
    """屏蔽 for a talk in which the other side gave their name."""

    code = "relay.block_named"


class RelayBlockNobody(Refusal):
    """屏蔽 without an anonymous relay, now or within the last hour."""

    code = "relay.block_nobody"


class RelayNoBlocks(Refusal):
    """取消屏蔽 where nobody is blocked."""

    code = "relay.no_blocks"


def read_wish(told: str | None) -> RelayWish:
    """What stands after ``找人聊聊``: ``匿名`` as first word, then the topic in one line; refuses what is no topic."""
    word, rest = first_word(told or "")
    anonymous = plain_key(word).strip("。.!") == ANONYMOUS
    topic = " ".join(harmless(rest if anonymous else told or "").split())
    forbid: Forbidden = {secrecy_marking: RelayTopicSecret}
    return RelayWish(anonymous, checked(topic, most=(MAX_TOPIC, RelayTopicTooLong), forbid=forbid, names=None))


def harmless(text: str) -> str:
    """Words as they may stand behind a sign: no bracket of a sign in them, no turned lines, plain line ends."""
    # Cleaned once more: marks between which a sign was taken out belong to one letter now.
    return clean(clean(text).translate(_LINE_ENDS).translate(_TURNING).translate(_SIGN_BRACKETS))


def spoken(text: str) -> tuple[str, ...]:
    """A message as it is passed on: parts that each get a sign of their own; none if nothing visible is left."""
    words = harmless(text).strip()
    return tuple(split_long(words, PART)) if words else ()


def hour_of(at: datetime) -> datetime:
    """The full hour in which a moment lies: no column tells more of when a youth did something (13.3)."""
    return at.replace(minute=0, second=0, microsecond=0)


def is_quiet(now: datetime) -> bool:
    """Whether nobody is asked anything at this hour (P22)."""
    return now.hour >= QUIET_FROM or now.hour < QUIET_TO


def after_quiet(at: datetime) -> datetime:
    """``at``, or the end of the quiet hours it falls into."""
    if not is_quiet(at):
        return at
    day = at.date() if at.hour < QUIET_TO else at.date() + timedelta(days=1)
    return datetime.combine(day, time(QUIET_TO), tzinfo=at.tzinfo)


def is_there(said_at: datetime | None, now: datetime) -> bool:
    """Whether somebody who said so at that moment is taken to be there still."""
    return said_at is not None and now - said_at <= FRESH


def next_step(
    *, opened_at: datetime, last_word_at: datetime, idle_noticed: bool, last_noticed: bool, now: datetime
) -> RelayStep:
    """What an open relay needs at this moment; a notice is given once, and after a long stop it ends without one."""
    if now - opened_at >= LONGEST:
        return RelayStep.LONG_END
    if now - last_word_at >= IDLE_END:
        return RelayStep.IDLE_END
    if now - opened_at >= LONGEST - LAST_NOTICE and not last_noticed:
        return RelayStep.LAST_NOTICE
    if now - last_word_at >= IDLE_NOTICE and not idle_noticed:
        return RelayStep.IDLE_NOTICE
    return RelayStep.NONE
