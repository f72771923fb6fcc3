"""Carrying out a command: the right place, arguments that read well, who may, and one unit or one look."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.chat.args import BadArguments, RefArg, read_args
from bot.chat.audited import AuditedReads
from bot.chat.context import Context
from bot.chat.dictation import Dictation
from bot.chat.exchange import Exchange, say_all
from bot.chat.recognise import Match
from bot.chat.replies import (
    SayInGroup,
    SayPrivately,
    Usage,
)
from bot.chat.table import Command, Place
from bot.chat.text import command_texts
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.refusal import NotAllowed, Refusal
from bot.core.rules.say import Say

_THAT: Final = re.compile(
    r"\s*(?:刚才|刚刚|刚|上面|前面|最近)(?:的)?(?:那|这)?一?(?:个|条|件|项|场|次|份)(?:心愿|心声|活动|提醒|谈心|资源|问计)?(?=$|[\s：:，,])"
)
"""What people say for the entry that was just spoken of."""


class CommandRun:
    """Carries out one recognised command, once."""

    def __init__(self, exchange: Exchange) -> None:
        self.services = exchange.services
        self._exchange = exchange
        self._audited = AuditedReads(exchange)
        self._dictation = Dictation()

    async def carry_out(self, incoming: Incoming, command: Command, match: Match) -> None:
        """Answer with the command's result, with how it is used, or with why not."""
        problem = self._wrong_place(incoming, command)
        if problem is not None:
            self._exchange.answer(incoming, problem)
            return
        try:
            values = read_args(command.args, self._pointed_at(incoming, command, match.rest))
        except BadArguments as missing:
            await self._tell_what_lacks(incoming, command, match, str(missing))
            return
        try:
            if command.audited:
                await self._audited.carry_out(incoming, lambda ctx, take: self._run(ctx, command, values, take))
            elif command.writes:
                key, now = self._exchange.key(incoming), self.services.clock.now()
                also = self._exchange.same_words(incoming) if command.narrows is not None else None
                async with self.services.store.unit(key, also=also, now=now, traceless=command.nameless) as unit:
                    ctx = await self._exchange.context(incoming, unit)
                    ctx.place, unit.by_name = match.place, not command.nameless
                    reply = self._exchange.replier(unit, ctx, nameless=command.nameless)
                    await self._run(ctx, command, values, reply)
                    await self._exchange.say_what_waits(unit, ctx)
            else:
                async with self.services.store.read() as session:
                    ctx = await self._exchange.reading(incoming, session)
                    await self._run(ctx, command, values, self._exchange.quick(incoming))
        except Refusal as refusal:
            await self._refuse(incoming, command, refusal)

    def _pointed_at(self, incoming: Incoming, command: Command, rest: str) -> str:
        """``刚才那个`` in place of a reference: what was last shown or named here and fits; else the words as said."""
        first = command.args[0] if command.args else None
        said = _THAT.match(rest) if isinstance(first, RefArg) and incoming.kind is ChatKind.PRIVATE else None
        if said is None or not isinstance(first, RefArg):
            return rest
        who, at = (incoming.channel, incoming.bot_id, incoming.sender_id), self.services.clock.monotonic()
        ref = self.services.recent.named(who, first.kinds, at)
        return f"{ref} {rest[said.end() :]}".strip() if ref else rest

    async def _tell_what_lacks(self, incoming: Incoming, command: Command, match: Match, missing: str) -> None:
        """Ask for the content, where nothing else is missing; else the usage line and an example."""
        if not self._dictation.wants(command, missing):
            texts = command_texts()[command.id]
            self._exchange.answer(incoming, Usage(texts["usage"], texts["example"]))
        elif incoming.kind is ChatKind.GROUP:
            self._exchange.answer(incoming, self._dictation.in_group(command))
        else:
            key, now = self._exchange.key(incoming), self.services.clock.now()
            try:
                async with self.services.store.unit(key, now=now) as unit:
                    ctx = await self._exchange.context(incoming, unit)
                    said = await self._dictation.ask(ctx, command, match.rest)
                    await say_all(said, self._exchange.replier(unit, ctx))
            except Refusal as refusal:
                await self._refuse(incoming, command, refusal)

    async def _run(
        self, ctx: Context, command: Command, values: dict[str, Any], reply: Callable[[Say], Awaitable[None]]
    ) -> None:
        if not command.who.allows(ctx.actor):
            private = ctx.incoming.kind is ChatKind.PRIVATE  # in a group nobody learns who is known to the bot
            raise NotAllowed(needs=command.who.value, known=private and ctx.actor.known)
        if _needs_link(command, ctx):
            await reply(SayInGroup(command.words[0], linked=True))
            return
        await say_all(await command.handler(ctx, **values), reply)

    async def _refuse(self, incoming: Incoming, command: Command, refusal: Refusal) -> None:
        """Say the refusal; a refused right of a known person leaves an audit row too."""
        if refusal.denial:
            now = self.services.clock.now()
            async with self.services.store.unit(self._exchange.key(incoming), now=now) as unit:
                ctx = await self._exchange.context(incoming, unit)
                if ctx.actor.known:
                    await unit.audit(ctx.actor, "denied", ref=command.id, code=refusal.code)
        self._exchange.refuse(incoming, refusal)

    def _wrong_place(self, incoming: Incoming, command: Command) -> Say | None:
        if incoming.kind is ChatKind.GROUP and not command.where & (Place.GROUP | Place.LINKED):
            return SayPrivately(command.words[0])
        if incoming.kind is ChatKind.PRIVATE and not command.where & Place.PRIVATE:
            return SayInGroup(command.words[0], linked=False, anywhere=bool(command.where & Place.GROUP))
        return None


def _needs_link(command: Command, ctx: Context) -> bool:
    """Whether the command belongs into a linked group and this group is not one."""
    if ctx.incoming.kind is not ChatKind.GROUP or command.where & Place.GROUP:
        return False
    return ctx.chat is None or ctx.chat.state != "linked"
