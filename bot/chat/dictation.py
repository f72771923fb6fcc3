"""Content in two steps: asks for what a command lacks, and puts the command together from both."""

import re
from typing import Any, Final

from bot.chat.args import BadArguments, Rest, read_args
from bot.chat.context import Context
from bot.chat.held import ask_in_memory
from bot.chat.replies import Usage
from bot.chat.table import Command, Place
from bot.chat.text import command_texts
from bot.core.acts.asking import ask_speaker
from bot.core.acts.dictate import CONTENT, ContentInGroup, ask_content
from bot.core.acts.prompt import cancel
from bot.core.rules.refusal import NotAllowed
from bot.core.rules.say import Say
from bot.core.rules.text import match_word

_WANTED: Final = re.compile(r"<([^<>]+)>[^<>]*$")
"""What a usage line calls its last part: 许愿 <想要什么>."""


class Dictation:
    """Asks for the content of any command whose last part is free words, by its declaration."""

    def wants(self, command: Command, missing: str) -> bool:
        """Whether all that this command lacks is its content: its last part, whatever it is."""
        last = command.args[-1] if command.args else None
        plain = command.writes and not command.audited and not command.nameless
        return plain and isinstance(last, Rest) and last.name == missing

    def in_group(self, command: Command) -> Say:
        """In a group only commands are heard."""
        usage = command_texts()[command.id]["usage"]
        return ContentInGroup(command.words[0], f"/{usage}", bool(command.where & Place.PRIVATE))

    async def ask(self, ctx: Context, command: Command, head: str) -> Say | None:
        """Ask for the content: by a row, or from memory where nobody is known who could be asked.

        While an urgent question is open nothing else is put: then the usage line tells how to say it in one message.
        """
        if not command.who.allows(ctx.actor):
            raise NotAllowed(needs=command.who.value, known=ctx.actor.known)
        texts = command_texts()[command.id]
        usage = texts["usage"]
        wanted = _WANTED.search(usage)
        ask = ask_content(command.id, command.words[0], head, wanted[1] if wanted else usage)
        if ctx.account is None:
            return ask_in_memory(ctx, ask)
        await cancel(ctx.unit, CONTENT, account_id=ctx.account.id, go_on=False)
        before = len(ctx.unit.asked)
        await ask_speaker(ctx.unit, ctx.actor, ask)
        if len(ctx.unit.asked) > before:
            return None
        await cancel(ctx.unit, CONTENT, account_id=ctx.account.id, go_on=False)
        return Usage(usage, texts["example"])


def arguments(command: Command, head: str, said: str, words: dict[str, Command]) -> dict[str, Any]:
    """The command's arguments with what was said before and the content; should the whole command have been said once
    more, its own.
    """
    again = match_word(said, words)
    if again is not None and again[0] is command and again[1]:
        try:
            return read_args(command.args, again[1])
        except BadArguments:
            said = again[1]
    return read_args(command.args, f"{head} {said}" if head else said)
