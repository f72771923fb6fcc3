"""说话 Plain speech: what somebody means who does not use our words; shown at once, or offered, never just done.

What only shows is shown. What writes is offered with what would be entered, and done on a yes. What cannot be undone
has its own question after that. Nothing is offered that the sentence negates, nor a word of another role.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.chat.addressed import Addressed
from bot.chat.args import RefArg, Rest
from bot.chat.command_run import CommandRun
from bot.chat.exchange import Exchange
from bot.chat.recent import Choice
from bot.chat.recognise import Match
from bot.chat.replies import Offered, OfferedOne, Unknown, WhatIsKept
from bot.chat.suggest import offered
from bot.chat.table import Command, Table
from bot.chat.text import command_texts, other_words, sayings
from bot.core.rules.intent import IntentReading, negates
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.people import Actor
from bot.core.rules.refs import take_ref
from bot.store.crossing import again

SURE, LIKELY, PERHAPS = 0.1, -0.1, -0.6
"""How sure a reading must be to show something, to offer one thing, to offer several."""
AHEAD: Final = 0.1
MOST: Final = 3
MOST_CHARS: Final = 200
"""Who writes more tells something at length: no command is guessed from it."""
_REF: Final = re.compile(r"#?[A-Za-zＡ-Ｚａ-ｚ]?[0-9０-９]{3,6}")
_LEAD: Final = re.compile(
    r"^(?:(?:知心|我|想|要|帮|请|麻烦|能不能|可以|给|一下|一个|个|你们|提|许|来|说|发|登记|记|写)*"
    r"(?:心愿|愿望|愿|建议|意见|投诉|举报|匿名|心声|反映)(?:吧|啊|呀|一下|一句|说|是|：|:|，|,|\s)*)"
)
"""「我想许个愿，」: what only says which command is meant, before the content."""


_NOT_ENDED: Final = re.compile(
    r"(?:别|不要|不想|先不|不|莫|甭)(?:再|先|给我|帮我|把我)?[一-龥]?(?:停|退|删|撤|注销|清|关)"
)
"""「先别把我删了」: what ends something, taken back."""
_NOT_WANTED: Final = re.compile(
    r"(?:不想|不要|不用|不必|不打算|没打算|没想|没说|没要|没叫|别|甭|莫|先不)(?:要|再|先|急着|去|着急)?(?:帮我|给我|替我|让我)?"
    r"(?:许|报个?名|报上|登记|投诉|举报|告|建议|提|反映|匿名|找人|发起|新建|恢复|认领|入池|加入|录入)"
)
"""「我不想许个愿」, 「别帮我报个名」: what is done by a command, though not in its word, and not wanted."""


@dataclass(frozen=True, slots=True)
class _Found:
    meant: tuple[IntentReading, ...]
    known: dict[str, Command]


class Speech:
    """Reads what no command and no answer was, in private and behind an @; in a group it shows, or names a word."""

    def __init__(self, exchange: Exchange, commands: CommandRun, table: Table) -> None:
        self._exchange, self._services, self._commands, self._table = exchange, exchange.services, commands, table

    async def understands(self, addressed: Addressed) -> bool:
        """Whether something was shown or offered."""
        incoming = addressed.incoming
        if incoming.from_history or len(incoming.text) > MOST_CHARS:
            return False
        who = (await addressed.found()).who
        found = self._find(incoming, who.actor)
        first = found.meant[0] if found.meant else None
        if first is None or first.sure < PERHAPS:
            return False
        if first.intent == "privacy" and first.sure >= LIKELY:
            self._exchange.answer(incoming, WhatIsKept())
            return True
        meant = [found.known[one.intent] for one in found.meant[:MOST] if one.intent in found.known]
        if not meant or meant[0].id != first.intent:
            return False
        if first.sure >= SURE and first.ahead >= AHEAD and _only_shows(meant[0]):
            await again(partial(self._commands.carry_out, incoming, meant[0], Match(meant[0], "")))
        elif incoming.kind is not ChatKind.PRIVATE:
            if first.sure < LIKELY:
                return False
            self._exchange.answer(incoming, Unknown((meant[0].words[0],), private=False, said=True, options=0))
        elif who.person is not None and who.person.calm_until and who.person.calm_until > self._services.clock.now():
            return False  # after words of danger nothing is made of what they say but what they ask for
        else:
            single = first.sure >= LIKELY and first.ahead >= AHEAD
            self._offer(addressed, [self._choice(incoming, one) for one in meant[: 1 if single else MOST]])
        return True

    def is_small_talk(self, incoming: Incoming, actor: Actor) -> bool:
        """Whether this is most like what asks for nothing: then no word is suggested that merely stands in it."""
        if len(incoming.text) > MOST_CHARS:
            return False
        known = {one.id for one in offered(self._table, incoming, actor)}
        ranked = sayings().ranked(incoming.text, sayings().others | known)
        return bool(ranked) and ranked[0].intent in sayings().others

    def _find(self, incoming: Incoming, actor: Actor) -> _Found:
        """The likeliest intents, best first: commands that they may use here, and what is no command."""
        known = {one.id: one for one in offered(self._table, incoming, actor) if not _negated(one, incoming.text)}
        told = sayings()
        if self._says_no_to_a_word(incoming.text):
            return _Found((), known)
        meant = told.ranked(incoming.text, told.others | known.keys())
        return _Found(tuple(one for one in meant if one.sure >= PERHAPS), known)

    def _says_no_to_a_word(self, text: str) -> bool:
        """Whether a no stands right before the word of a command, or before what it does: 「我不想许愿」 and
        「我不想许个愿」 are no wish, nor anything else.
        """
        if _NOT_WANTED.search("".join(text.split())):
            return True
        places = ((text.find(word), word) for word in self._table.words if len(word) > 1)
        return any(at > 0 and negates(text[max(0, at - 3) : at]) for at, _ in places)

    def _choice(self, incoming: Incoming, command: Command) -> Choice:
        return Choice(command.id, self._words_for(incoming, command))

    def _words_for(self, incoming: Incoming, command: Command) -> str:
        """What would stand behind the command's word: a reference, the content, or nothing, so that it is asked for."""
        text, args = incoming.text.strip(), command.args
        if args and isinstance(args[0], RefArg):
            at = _REF.search(text)
            taken = take_ref(text[at.start() :], tuple(args[0].kinds)) if at else None
            if taken is None:
                return ""
            ref, rest = taken
            return f"{ref.code} {rest}".strip() if len(args) > 1 and args[1].required else ref.code
        if len(args) == 1 and isinstance(args[0], Rest):
            return _LEAD.sub("", text, count=1).strip()
        return ""

    def _offer(self, addressed: Addressed, choices: list[Choice]) -> None:
        incoming, services = addressed.incoming, self._services
        texts = command_texts()
        if len(choices) == 1:
            one = choices[0]
            word = self._table.commands[one.command].words[0]
            self._exchange.answer(incoming, OfferedOne(word, texts[one.command]["help"], one.words))
        else:
            told = tuple((self._table.commands[one.command].words[0], texts[one.command]["help"]) for one in choices)
            self._exchange.answer(incoming, Offered(told))
        at, place = services.clock.monotonic(), services.store.position()
        services.recent.offers(addressed.chat, tuple(choices), place=place, at=at)


def _negated(command: Command, text: str) -> bool:
    """Whether the sentence says no to this command: its own word beside a no, or a no before what ends something."""
    if not negates(text):
        return False
    if command.narrows is not None or command.feature == "rights":
        named = any(word in text for word in (*command.words, *other_words(command.id)))
        return named or _NOT_ENDED.search(text) is not None
    return any(word in text for word in command.words)


def _only_shows(command: Command) -> bool:
    """Whether it shows something to whoever asks, and needs no more than its word."""
    return (not command.writes or command.audited) and not any(arg.required for arg in command.args)
