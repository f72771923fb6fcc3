"""The command table and the prompt table: what the plugins declare and the router looks up."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from functools import cached_property
from typing import Any

from bot.chat.args import Arg
from bot.chat.context import Context
from bot.chat.offer import Here, Offer
from bot.chat.text import courtesy, labels, other_words
from bot.core.question import Question
from bot.core.rules.narrowing import Narrowing
from bot.core.rules.people import Actor, Role
from bot.core.rules.text import plain_key


class Place(Flag):
    """Where a command may be typed. ``GROUP`` includes linked ones; ``LINKED`` only those linked to a cadre."""

    PRIVATE = auto()
    GROUP = auto()
    LINKED = auto()
    ANY = PRIVATE | GROUP


class Who(Enum):
    """Whom a command is for (the written authorisation table names the same)."""

    ANYONE = "anyone"
    KNOWN = "known"
    YOUTH = "youth"
    CADRE = "cadre"
    ORGAN = "organ"
    SECRETARY = "secretary"
    CADRE_OR_ORGAN = "cadre_or_organ"
    ANSWERING = "answering"
    """Who has to deal with voices: cadres, organs, and of urgent anonymous ones those on duty."""
    HOLDER = "holder"
    PRIVACY = "privacy"
    DUTY = "duty"
    OFFICER = "officer"
    """Offices with a duty beyond the own youths: organs, those on duty, the responsible persons."""

    def allows(self, actor: Actor) -> bool:
        """Whether this actor may call it at all; what exactly may be touched is the action's scope."""
        match self:
            case Who.ANYONE:
                return True
            case Who.KNOWN:
                return actor.known
            case Who.YOUTH:
                return actor.has(Role.YOUTH)
            case Who.CADRE:
                return actor.has(Role.CADRE)
            case Who.ORGAN:
                return actor.has(Role.ORGAN_ADMIN)
            case Who.SECRETARY:
                return actor.has(Role.SECRETARY)
            case Who.CADRE_OR_ORGAN:
                return actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)
            case Who.ANSWERING:
                return any(map(actor.has, (Role.CADRE, Role.ORGAN_ADMIN, Role.DUTY_OFFICER)))
            case Who.PRIVACY:
                return actor.has(Role.PRIVACY_OFFICER)
            case Who.DUTY:
                return actor.has(Role.DUTY_OFFICER)
            case Who.OFFICER:
                return any(map(actor.has, (Role.ORGAN_ADMIN, Role.DUTY_OFFICER, Role.PRIVACY_OFFICER)))
            case Who.HOLDER:
                return any(grant.role is not Role.YOUTH for grant in actor.grants)


class Narrows(Enum):
    """How an order that narrows or protects is told apart from talk about it."""

    ALONE = "alone"
    """The word and courtesy, and nothing else."""
    AT_ONCE = "at_once"
    """Also as one sentence of several, with a question mark, or with a reason behind it: in doubt it is an order."""


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Plain:
    """Whole messages of a group that may be a command without a sign: 来.

    ``like`` looks at the words alone; ``meant`` reads whether these are meant, and gives the words of the arguments.
    None: ordinary speech, which is ignored, and of which nothing is kept.
    """

    like: Callable[[str], bool]
    meant: Callable[[Context], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command as declared: its id (``talk.open``), words, arguments, audience, place, and what it does."""

    id: str
    words: tuple[str, ...]
    who: Who
    where: Place
    handler: Handler = field(repr=False)
    args: tuple[Arg, ...] = ()
    writes: bool = True
    audited: bool = False
    """It shows what is logged for whom it is about: its handler reads ``ctx.session`` only and gives a ``Seen``."""
    nameless: bool = False
    """Words of danger in it are answered, but open nothing in the name of whoever wrote them (13.3)."""
    about_others: bool = False
    """What its officer writes is about somebody else: words of danger in it bring no card to the officer."""
    never_relayed: bool = False
    """In a relay these words are the bot's, whatever follows: a complaint must not reach whom it is about."""
    offer: Offer = Offer.CALLERS
    narrows: Narrows | None = None
    """It narrows or protects: it is never limited, and heard in any courtesy and from a history of any age."""
    fillings: Callable[[], Iterable[str]] = field(default=tuple, repr=False)
    """Of a command that narrows: the words of its argument, as they may stand behind it without a space."""
    plain: Plain | None = field(default=None, repr=False)
    shape: Callable[[str], bool] | None = field(default=None, repr=False)
    """Private words that are this command without its word, by their look: a pick-up code alone (S3)."""
    gives_way: bool = False
    """Words that only look like it are the answer where a question waits for words, and another's in a relay."""

    @property
    def feature(self) -> str:
        """The part before the dot."""
        return self.id.partition(".")[0]


class Table:
    """All declared commands and questions; words are unique across the bot."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.said_plainly: list[tuple[Command, Plain]] = []
        """Those that a group may say without a sign: every plain message is held against them."""
        self.words: dict[str, Command] = {}
        self.answers: dict[str, Handler] = {}
        """What an answer does, by the kind of question; what a question is, its feature declares."""

    def command(
        self,
        id: str,
        *words: str,
        who: Who,
        where: Place,
        args: Sequence[Arg] = (),
        writes: bool = True,
        audited: bool = False,
        nameless: bool = False,
        about_others: bool = False,
        never_relayed: bool = False,
        offer: Offer = Offer.CALLERS,
        narrows: Narrows | None = None,
        fillings: Callable[[], Iterable[str]] = tuple,
        shape: Callable[[str], bool] | None = None,
        gives_way: bool = False,
        plain: Plain | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare a command; the decorated coroutine takes the context and the arguments by name."""

        def declare(handler: Handler) -> Handler:
            self.add(
                Command(
                    id,
                    words,
                    who,
                    where,
                    handler,
                    tuple(args),
                    writes,
                    audited=audited,
                    nameless=nameless,
                    about_others=about_others,
                    never_relayed=never_relayed,
                    offer=offer,
                    narrows=narrows,
                    fillings=fillings,
                    shape=shape,
                    gives_way=gives_way,
                    plain=plain,
                )
            )
            return handler

        return declare

    def add(self, command: Command) -> None:
        """Enter one command; a word twice is a mistake of ours and stops the start."""
        if command.id in self.commands:
            raise ValueError(f"command {command.id} is declared twice")
        for word in command.words:
            key = plain_key(word)
            if key in self.words:
                raise ValueError(f"the word of {command.id} belongs to {self.words[key].id} already")
            self.words[key] = command
            self.words.setdefault(key.replace(" ", ""), command)  # 谈心结束 is 谈心 结束
        self.commands[command.id] = command
        if command.plain is not None:
            self.said_plainly.append((command, command.plain))

    @cached_property
    def heads(self) -> frozenset[str]:
        """The first parts of commands that have two, where that is no command itself: 谈心."""
        first = {
            plain_key(word).partition(" ")[0] for one in self.commands.values() for word in one.words if " " in word
        }
        return frozenset(first - self.words.keys())

    @cached_property
    def narrowing(self) -> Narrowing[Command]:
        """The commands that narrow or protect, by every way of saying them; asked for once all are declared."""
        found: Narrowing[Command] = Narrowing(courtesy())
        for one in self.commands.values():
            if one.narrows is not None:
                words = (*one.words, *other_words(one.id))
                found.add(one, words, one.fillings(), at_once=one.narrows is Narrows.AT_ONCE)
        return found

    @cached_property
    def reserved(self) -> frozenset[str]:
        """What nobody can be called: every word of a command, and what means everybody."""
        return frozenset(self.words) | {plain_key(word) for word in labels()["reserved_name"].values()}

    def plainly(self, text: str) -> Command | None:
        """The command that these words of a group may be, though no sign says so."""
        return next((command for command, plain in self.said_plainly if plain.like(text)), None)

    def by_shape(self, text: str) -> Command | None:
        """The command that these private words look like, though they name none."""
        return next((c for c in self.commands.values() if c.shape is not None and c.shape(text)), None)

    def question(self, question: Question[Any]) -> Callable[[Handler], Handler]:
        """Declare what an answer to this question does."""

        def declare(handler: Handler) -> Handler:
            if question.kind in self.answers:
                raise ValueError(f"question {question.kind} is answered twice")
            self.answers[question.kind] = handler
            return handler

        return declare

    def offered(self, actor: Actor, place: Place, here: Here) -> Iterable[Command]:
        """What this person is told that they may do here, in the order of declaration."""
        mine = (c for c in self.commands.values() if c.who.allows(actor) and (c.where & place))
        return (c for c in mine if c.offer.reaches(actor, here))


table = Table()
command = table.command
question = table.question
