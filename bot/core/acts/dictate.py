"""分两步说: a word that wants content and stands alone asks for it, and the next message is the content (commands.md).

Nothing of the content is in the question: it is said once, and kept only as the command keeps it (P1).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from bot.core.question import Ask, Asks, Question, always, ends
from bot.core.rules.say import Say

LIFE: Final = timedelta(minutes=30)
"""Who writes about something else an hour later does not mean it as a wish."""


@dataclass(frozen=True, slots=True)
class ContentData:
    """Which command waits, and its own words before the content (``V4821``, a name)."""

    command: str
    head: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ContentAsked(Say):
    """One short sentence: what is wanted for which command (as its usage line calls it), and how to give it up."""

    template: ClassVar[str] = "common/content_asked"
    word: str
    what: str


@dataclass(frozen=True, slots=True)
class ContentInGroup(Say):
    """In a group nothing but commands is heard: word and content in one message, or in private."""

    template: ClassVar[str] = "common/content_in_group"
    word: str
    usage: str
    private: bool


CONTENT: Final = Question("core.content", Asks.ACCOUNT, ContentData, silence=ends, content=True, reason=always)


def ask_content(command: str, word: str, head: str, what: str) -> Ask[ContentData]:
    """The question for the content of a command."""
    return Ask(CONTENT, (), ContentAsked(word, what), ContentData(command, head), takes_text=True, life=LIFE)
