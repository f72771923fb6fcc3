"""What the router itself has to say: usage, unknown words, a busy limit, something not recorded."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.crisis import CrisisKind, Hotline
from bot.core.rules.pleasantry import Pleasantry
from bot.core.rules.say import Say


@dataclass(frozen=True, slots=True)
class Usage(Say):
    """A known word with wrong arguments."""

    template: ClassVar[str] = "common/usage"
    usage: str
    example: str


@dataclass(frozen=True, slots=True)
class Unknown(Say):
    """Words that are no command, with up to three nearest ones; ``options`` of a question that still waits.

    ``said``: there were words at all, not only an @ or a picture.
    """

    template: ClassVar[str] = "common/unknown"
    nearest: tuple[str, ...]
    private: bool
    said: bool
    options: int


@dataclass(frozen=True, slots=True)
class DraftLost(Say):
    """After a restart: what somebody may have been writing is not kept, and has to be said again."""

    template: ClassVar[str] = "common/draft_lost"


@dataclass(frozen=True, slots=True)
class WhichWord(Say):
    """The first part of commands that have two, alone: what may follow."""

    template: ClassVar[str] = "common/which_word"
    head: str
    usages: tuple[str, ...]
    private: bool


@dataclass(frozen=True, slots=True)
class Entry(Say):
    """A line of a list that has no page of its own: what one can say about it."""

    template: ClassVar[str] = "common/entry"
    ref: str
    usages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferedOne(Say):
    """What was probably meant: the command's word, what it does, and what would be entered."""

    template: ClassVar[str] = "common/offered_one"
    word: str
    does: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offered(Say):
    """What may have been meant: the word and what it does, of each."""

    template: ClassVar[str] = "common/offered"
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfferDropped(Say):
    """None of what was offered was meant: nothing happened."""

    template: ClassVar[str] = "common/offer_dropped"


@dataclass(frozen=True, slots=True)
class WhatIsKept(Say):
    """To 你会把我们说的都记下来吗: what is kept and who sees it, in two sentences (S3)."""

    template: ClassVar[str] = "common/what_is_kept"


@dataclass(frozen=True, slots=True)
class StillAsked(Say):
    """Before the open question is said once more, whole."""

    template: ClassVar[str] = "common/still_asked"


@dataclass(frozen=True, slots=True)
class Courteous(Say):
    """To a greeting, thanks or 你是谁: one warm short sentence; ``tour``: and what one can do here, once a day."""

    template: ClassVar[str] = "common/courtesy"
    kind: Pleasantry
    tour: bool
    youth: bool


@dataclass(frozen=True, slots=True)
class SayPrivately(Say):
    """A content command typed in a group: not carried out, recall asked, nothing stored."""

    template: ClassVar[str] = "common/say_privately"
    word: str


@dataclass(frozen=True, slots=True)
class SayInGroup(Say):
    """A group command typed in private, or (``linked``) in a group that is not linked.

    ``anywhere``: any group will do, also one that is not linked yet.
    """

    template: ClassVar[str] = "common/say_in_group"
    word: str
    linked: bool
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class SayYes(Say):
    """A number where nothing is asked, from somebody who declined help a while ago: the word that would bring it."""

    template: ClassVar[str] = "crisis/say_yes"


@dataclass(frozen=True, slots=True)
class SoftLine(Say):
    """Words of distress, short of danger: a warm line, a way to a person (``ask``: may ask for one), the numbers."""

    template: ClassVar[str] = "crisis/soft"
    ask: bool
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class TooFast(Say):
    """Over the limit of commands a minute: said once."""

    template: ClassVar[str] = "common/too_fast"


@dataclass(frozen=True, slots=True)
class WhoSaidIt(Say):
    """An order of which nothing says whose it is: it cannot be carried out for anybody."""

    template: ClassVar[str] = "common/who_said_it"


@dataclass(frozen=True, slots=True)
class NotRecorded(Say):
    """Something broke: nothing was recorded; ``code`` is what an operator finds in the log."""

    template: ClassVar[str] = "common/not_recorded"
    code: str


@dataclass(frozen=True, slots=True)
class SilentNow(Say):
    """After several words in a row that lead nowhere, perhaps of another program: said once, then silence."""

    template: ClassVar[str] = "common/silent_now"


@dataclass(frozen=True, slots=True)
class SendsLater(Say):
    """After a receipt: what goes to somebody else waits until a bot that they know is connected."""

    template: ClassVar[str] = "common/sends_later"


@dataclass(frozen=True, slots=True)
class TooOld(Say):
    """A command found in the history after an outage: not carried out, asked for again (reliability section 5)."""

    template: ClassVar[str] = "common/too_old"


@dataclass(frozen=True, slots=True)
class NotAnOption(Say):
    """A number that is none of the open question's options."""

    template: ClassVar[str] = "common/not_an_option"
    options: int


@dataclass(frozen=True, slots=True)
class QuestionDropped(Say):
    """算了: the open question is over, and nothing came of it."""

    template: ClassVar[str] = "common/question_dropped"


@dataclass(frozen=True, slots=True)
class QuestionKept(Say):
    """算了 to what is somebody's to do: it stays in their 待办."""

    template: ClassVar[str] = "common/question_kept"


@dataclass(frozen=True, slots=True)
class Countered(Say):
    """谁会看到: who sees it; the question with its options stays open."""

    template: ClassVar[str] = "common/countered"
    who_sees: str
    options: int


@dataclass(frozen=True, slots=True)
class AskedBack(Say):
    """A question about the question that nothing here answers; it stays open."""

    template: ClassVar[str] = "common/asked_back"
    options: int


@dataclass(frozen=True, slots=True)
class NoHurry(Say):
    """以后再说: the question stays open and quiet."""

    template: ClassVar[str] = "common/no_hurry"


@dataclass(frozen=True, slots=True)
class OnlyByWord(Say):
    """What cannot be undone is chosen by its own words only: 确认删除."""

    template: ClassVar[str] = "common/only_by_word"
    word: str


@dataclass(frozen=True, slots=True)
class Welcome(Say):
    """谢谢, said while a question is open."""

    template: ClassVar[str] = "common/welcome"


@dataclass(frozen=True, slots=True)
class NothingAsked(Say):
    """``1`` or ``①`` while no question is open."""

    template: ClassVar[str] = "common/nothing_asked"


@dataclass(frozen=True, slots=True)
class NamelessCard(Say):
    """The numbers to call, after words of danger that were written to be anonymous: nothing is opened in a name."""

    template: ClassVar[str] = "anonymous/card"
    kind: CrisisKind
    hotlines: tuple[Hotline, ...]
    late: bool = False
