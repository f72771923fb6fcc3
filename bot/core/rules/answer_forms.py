"""回答的样子: how one kind of question is answered, and what an answer can be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Meant(StrEnum):
    """回答的意思: what an answer is."""

    OPTION = "option"
    TEXT = "text"
    """The words themselves, where the question takes any."""
    LATER = "later"
    """Not now: the question stays open and says nothing more (以后再说)."""
    CANCEL = "cancel"
    """算了: the question ends as its declaration says, never with what cannot be undone."""
    ASKED_BACK = "question_back"
    """A question about the question (谁会看到？)."""
    THANKS = "thanks"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Answer:
    """回答: what was meant, with the option's key or the words themselves."""

    meant: Meant
    value: str = ""


UNCLEAR: Final = Answer(Meant.UNCLEAR)
AMBIGUOUS: Final = Answer(Meant.UNCLEAR, "ambiguous")
"""Words that are known and leave it open: no free text either (明天, where an hour is asked)."""


@dataclass(frozen=True, slots=True)
class Form:
    """问题的样子: how the answers of one kind of question are read (data).

    ``yes`` and ``no`` name the options that a yes and a no choose. ``strict``: options that nothing but a clear answer
    chooses. ``negated``: what the denial of an option means, option by option. ``by_word``: options that no number
    chooses. ``assent``: whether a plain 好的 is a yes.
    """

    yes: str = ""
    no: str = ""
    """Declared by the question, as is ``cancel``; not in the data."""
    cancel: str = ""
    later: str = ""
    strict: frozenset[str] = frozenset()
    by_word: frozenset[str] = frozenset()
    assent: bool = True
    lenient: bool = False
    """Its text is heard anyway, and an option counts also in a sentence that asks politely (能陪陪我吗)."""
    hears: bool = False
    """It takes any words beside its options, so that an option is nothing but its word."""
    prefer: str = ""
    """The option that is meant where it is named beside another (现在不方便，晚上行)."""
    negated: Mapping[str, str] = field(default_factory=dict[str, str])
    say: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Phrases by option, and by family where this question reads a word differently from others."""
    text: str = ""
    """What free words are: ``any`` words, ``content`` to be kept, a ``name``, a ``time``; empty: nothing."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Form":
        """Read a form from the data file; raises ``TypeError`` naming what it does not know."""
        sets: dict[str, Any] = {key: frozenset(data.get(key, ())) for key in ("strict", "by_word")}
        return cls(**{**data, **sets})
