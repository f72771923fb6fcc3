"""待答问题 Question: a kind of question, declared once beside the act that answers it.

The declaration says all that the engine needs: whom it asks, what its data are, and what silence, a plain "no" and
算了 mean. ``core.acts.prompt`` puts and closes the rows; ``chat`` finds the answer in what people write.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic

from sqlalchemy import ColumnElement, exists, or_, true
from sqlalchemy.orm import InstrumentedAttribute
from typing_extensions import TypeVar

from bot.core.rules.people import Role
from bot.core.rules.say import Say, from_plain, to_plain
from bot.store.chat import Contact
from bot.store.delivery import Prompt
from bot.store.unit import Unit

QUESTION_LIFE: Final = timedelta(days=7)
"""A question that nobody answers ends after a week (commands.md: unanswered for 7 days)."""


class Asks(StrEnum):
    """问谁: as what somebody is asked. What a youth is asked goes when the youth's side of a person goes."""

    YOUTH = "youth"
    OFFICE = "office"
    """As a cadre, an organ admin or another holder of an office, about what the office has to do."""
    ACCOUNT = "account"
    """As the owner of the account, whatever else they are: 解绑."""


@dataclass(frozen=True, slots=True)
class NoData:
    """A question that needs nothing but its answer."""


@dataclass(frozen=True, slots=True)
class Duty:
    """待办里的问题: an open question stands in the 待办 of whoever is asked, as this, as long as they hold that role.

    ``since``, ``due`` and ``done`` are columns of the row that ``subject_id`` names: when it began, until when it is to
    be answered, and when nobody need answer any more.
    """

    kind: str
    role: Role
    since: InstrumentedAttribute[Any] | None = None
    due: InstrumentedAttribute[Any] | None = None
    done: InstrumentedAttribute[Any] | None = None


D = TypeVar("D", default=Any)
Silence = Callable[[Unit, "Asked[Any]"], Awaitable[object]]
"""What it means that nobody answered; called in the unit that closes the question."""
Act = TypeVar("Act", bound=Silence)
Upgrade = Callable[[int, Mapping[str, Any]], "Mapping[str, Any] | None"]
"""Reads data that an older version wrote; None: it cannot be read, and the question is cancelled with a word."""


Reason = Callable[[datetime], ColumnElement[bool]]
"""缘由 Why it is asked: what holds of a row of ``prompts`` as long as there is something to ask."""


class Unseen(StrEnum):
    """没问到: why a question has not been shown: it waits behind others, it was not delivered, or it is given up."""

    WAITS = "waits"
    FAILED = "failed"
    OVER = "over"


Unshown = Callable[[Unit, "Asked[Any]", Unseen], Awaitable[object]]
"""What it means that it has not been shown so far, or never was."""


def always(_now: datetime) -> ColumnElement[bool]:
    """A reason that only its answer or its time ends: what somebody was asked about their own words of a moment ago."""
    return true()


def as_long_as(row_id: InstrumentedAttribute[Any], *holds: ColumnElement[bool]) -> Reason:
    """A reason that lies in the row which ``subject_id`` names, if any: it is there, and this holds of it."""

    def reason(_now: datetime) -> ColumnElement[bool]:
        return or_(Prompt.subject_id.is_(None), exists().where(row_id == Prompt.subject_id, *holds))

    return reason


def in_touch(_now: datetime) -> ColumnElement[bool]:
    """The cadre whom ``subject_id`` names and who is asked are in contact."""
    living = exists().where(
        Contact.cadre_id == Prompt.subject_id, Contact.youth_id == Prompt.person_id, Contact.ended_at.is_(None)
    )
    return or_(Prompt.subject_id.is_(None), living)


async def ends(unit: Unit, question: "Asked[Any]") -> None:
    """Silence that means nothing: the question is over, and whatever it was about stands as it stood."""


@dataclass(eq=False, slots=True)
class Question(Generic[D]):
    """待答问题: a kind of question.

    ``no`` and ``cancel`` name the option that "不" and 算了 choose. Without them "不" chooses none; 算了 is a no, or
    else ends the question as silence would, unless it is somebody's to do (``todo``): then it stays. Neither may ever
    be an option that gives, erases or sends.
    """

    kind: str
    asks: Asks
    data: type[D] = field(default=NoData)  # pyright: ignore[reportAssignmentType]
    version: int = 1
    upgrade: Upgrade | None = None
    silence: Silence | None = None
    """What it means that nobody answers: ``ends``, or an act that ``when_silent`` marks. Every question says it."""
    no: str = ""
    cancel: str = ""
    counter: str = ""
    """Which words answer 谁会看到 (``templates/speech/who_sees.toml``); empty: those of its feature."""
    content: bool = False
    """Whatever is said is its answer, but 算了, 以后再说 and 谁会看到."""
    optional: bool = False
    """What it is about is kept already and goes on without it: it goes before no other question, and holds up none."""
    nameless: bool = False
    """It leaves no trace of its own, and words of danger in its answer open nothing in a name (13.3)."""
    times: bool = False
    """It asks when: 明天 and 下午3点 are its answer, and no 以后再说."""
    lenient: bool = False
    """The first word decides: ``1 别告诉我爸妈``."""
    unwritten: bool = False
    """Its answer is carried out beside the router's transaction: no row of it names an account (13.3)."""
    todo: Duty | None = None
    """What it is in the 待办 of whoever is asked."""
    reason: Reason | None = None
    """Why it is asked: where that is gone the question is taken back. Every question says it (``always``)."""
    unshown: Unshown | None = None
    """What else it means that it could not be shown, besides that whoever asked hears so."""
    untold: bool = False
    """Whoever asked is not noted with it: who they are may stand in no row (13.3), and ``unshown`` tells them."""

    def when_unshown(self, act: Unshown) -> Unshown:
        """Mark the act that says what it means that it could not be shown."""
        self.unshown = act
        return act

    def when_silent(self, act: Act) -> Act:
        """Mark the act that says what silence means."""
        if self.silence is not None:
            raise ValueError(f"silence of {self.kind} is declared twice")
        self.silence = act
        return act

    @property
    def feature(self) -> str:
        """The part before the dot."""
        return self.kind.partition(".")[0]

    def pack(self, data: D) -> dict[str, Any]:
        """The data as they are sealed."""
        return {"v": self.version, "data": to_plain(data)}

    def unpack(self, facts: Mapping[str, Any]) -> D | None:
        """The data of a row, whichever version wrote them; None when they can no longer be read.

        A field with a default may be missing: adding one needs no new version.
        """
        version, told = facts.get("v", 1), facts.get("data", {})
        if version != self.version:
            told = self.upgrade(version, told) if self.upgrade is not None else None
        if told is None:
            return None
        known = fields(self.data)  # pyright: ignore[reportArgumentType]
        needed = {f.name for f in known if f.default is MISSING}
        if not needed <= set(told) <= {f.name for f in known}:
            return None
        return self.data(**{name: _thawed(from_plain(value)) for name, value in told.items()})

    def remains(self, facts: Mapping[str, Any]) -> D:
        """What is left of data that cannot be read: fields that are still called the same, None for the others."""
        told = facts.get("data") or {}
        known = fields(self.data)  # pyright: ignore[reportArgumentType]
        return self.data(**{f.name: _thawed(from_plain(told.get(f.name))) for f in known})


def _thawed(value: Any) -> Any:
    """Lists come back as the tuples that frozen data have."""
    return tuple(_thawed(v) for v in value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Ask(Generic[D]):
    """A question to put: which one, the options' keys, the words, and what its answer will need."""

    question: Question[D]
    options: tuple[str, ...]
    say: Say
    data: D = field(default_factory=NoData)  # pyright: ignore[reportAssignmentType]
    subject_id: int | None = None
    takes_text: bool = False
    urgent: bool = False
    life: timedelta = QUESTION_LIFE


@dataclass(frozen=True, slots=True)
class Asked(Generic[D]):
    """An open question as the answer's handler sees it; ``data`` None: what an older version asked and nobody reads."""

    id: int
    version: int
    question: Question[D]
    options: tuple[str, ...]
    takes_text: bool
    person_id: int
    account_id: int
    subject_id: int | None
    data: D = field(repr=False)
    asked_at: datetime | None = None
    shown: bool = True
    """Whether it has gone out: its life begins then."""
    dropped: bool = False
    """Somebody said 算了: it ends as silence would, but not because nobody answered."""
    by: tuple[int, str] | None = None
    """Who asked, and by which reference they know it."""
    remains: D | None = field(default=None, repr=False)
    """Where ``data`` is None: what is left of them."""

    @property
    def kind(self) -> str:
        """The kind's name, as rows and labels have it."""
        return self.question.kind
