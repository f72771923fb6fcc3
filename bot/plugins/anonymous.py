"""匿名: what is written without a name, and what its pick-up code opens (P23, reliability 13.3)."""

from functools import lru_cache

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.held import ask_in_memory
from bot.chat.nameless import Who as Chat
from bot.chat.plugin import plugin_meta
from bot.chat.replies import Usage
from bot.chat.table import Place, Who, command, question
from bot.chat.text import command_texts, labels, render
from bot.core.acts import crisis
from bot.core.question import Asked
from bot.core.reads.questions import open_question
from bot.core.rules.answers import match_option
from bot.core.rules.message import Text
from bot.core.rules.say import Say
from bot.core.rules.text import first_word, plain_key
from bot.features.anonymous.acts import draft as anonymous_draft
from bot.features.anonymous.acts import keep as anonymous
from bot.features.anonymous.acts import pick_up as anonymous_word
from bot.features.anonymous.acts.draft import DANGER, SAY, SEND, URGENT, Draft, DraftDropped
from bot.features.anonymous.acts.pick_up import RATE, RateData
from bot.features.anonymous.reads.anonymous import picked_up
from bot.features.anonymous.rules.anonymous import (
    AnonymousEnough,
    AnonymousRules,
    AuthorsWord,
    ChooseFirst,
    CodesLocked,
    CodeUnknown,
    read_pickup_code,
)
from bot.features.voice.rules.voice import MAX_CHARS
from bot.store.outbox import Words
from bot.store.people import Account

__plugin_meta__ = plugin_meta("anonymous")

RATINGS = (AuthorsWord.HELPFUL.value, AuthorsWord.UNSOLVED.value, AuthorsWord.UNRATED.value)
RATE_SECONDS = 900.0
"""How long a bare ``1`` after 取件 is an answer to it; with the code it always is."""


def _rules(ctx: Context) -> AnonymousRules:
    return ctx.services.installation.of(AnonymousRules)


# --- writing ---------------------------------------------------------------------------------------------------------


@command(
    "anonymous.write",
    "匿名",
    "匿名留言",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.PRIVATE,
    args=(Rest("words", required=False),),
    nameless=True,
)
async def write(ctx: Context, words: str | None) -> Say | None:
    """``匿名 [紧急] [内容]``: nothing is sent before the warning was read and answered."""
    first, rest = first_word(words or "")
    urgent = plain_key(first) in labels()["anonymous_word"]["urgent"].split()
    told = rest if urgent else (words or "").strip()
    if told:
        return await _preview(ctx, told, urgent=urgent)
    to = await anonymous.reader_of(ctx.unit, ctx.actor, _rules(ctx))
    return ask_in_memory(ctx, anonymous_draft.ask_to_say(to, _rules(ctx), urgent=urgent))


@command(
    "anonymous.pass_on",
    "反映",
    "匿名反映",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.PRIVATE,
    args=(Rest("words", required=False),),
    nameless=True,
)
async def pass_on(ctx: Context, words: str | None) -> Say | None:
    """``反映 [内容]``: the same; alone it sends what has just been shown (S2.4)."""
    at, passing = ctx.services.clock.monotonic(), ctx.services.nameless.passing
    waits = passing.open(_chat(ctx), at)
    if words or waits is None or waits.question is not SEND:
        return await write(ctx, words)
    await _send(ctx, waits.data)
    ctx.unit.after_commit(lambda: passing.close(_chat(ctx)))
    return None


async def _preview(ctx: Context, words: str, *, urgent: bool) -> Say | None:
    """What sending it will mean, and the chance to change it."""
    rules, known = _rules(ctx), ctx.account is not None
    plain = anonymous.checked(words)
    sign = ctx.danger
    sent = ctx.services.nameless.sent.count(_account(ctx), ctx.services.clock.monotonic())
    if sent >= rules.per_day and sign is None and not urgent:
        raise AnonymousEnough(most=rules.per_day)
    to = await anonymous.reader_of(ctx.unit, ctx.actor, rules)
    return ask_in_memory(ctx, anonymous_draft.ask_to_send(ctx.now, to, plain, sign, rules, urgent=urgent, known=known))


@question(SAY)
async def said(ctx: Context, asked: Asked[Draft], answer: str) -> Say | None:
    """The words themselves."""
    if answer in asked.options:
        return DraftDropped()
    return await _preview(ctx, answer, urgent=asked.data.urgent)


@question(SEND)
@question(DANGER)
@question(URGENT)
async def send(ctx: Context, asked: Asked[Draft], answer: str) -> Say | None:
    """Send it, change it, drop it; or after words of danger: have somebody make contact, by name."""
    draft, rules = asked.data, _rules(ctx)
    if answer not in asked.options:
        return await _said_more(ctx, asked, draft, answer)
    match answer:
        case "send" | "yes":
            return await _send(ctx, draft)
        case "edit":
            to = await anonymous.reader_of(ctx.unit, ctx.actor, rules)
            urgent = draft.urgent and not draft.danger
            return ask_in_memory(ctx, anonymous_draft.ask_to_say(to, rules, again=True, urgent=urgent))
        case "contact" if ctx.account is not None:
            return await _contact(ctx, ctx.account)
        case _:
            return DraftDropped()


async def _said_more(ctx: Context, asked: Asked, draft: Draft, words: str) -> Say | None:
    """Free words are taken only when they speak of danger: they belong to what is about to be said."""
    if ctx.danger is None:
        raise ChooseFirst(options=len(asked.options))
    together = f"{draft.words}\n{words}"
    return await _preview(ctx, together if len(together) <= MAX_CHARS else words, urgent=draft.urgent)


async def _contact(ctx: Context, account: Account) -> None:
    """Somebody is to make contact: by name, and what is said to that is kept until it has arrived."""
    said = await crisis.want_contact(ctx.unit, ctx.actor, account, hotlines=ctx.services.hotlines)
    address = ctx.incoming.address
    await ctx.unit.push(address, said, kind="reply", priority=0, person_id=ctx.me, key_id=ctx.key_id)


async def _send(ctx: Context, draft: Draft) -> None:
    """Take it. The receipt is a row that leads to nobody and goes once it has arrived; the code goes out from memory
    once the voice is stored, and is nowhere afterwards.
    """
    services = ctx.services
    to = await anonymous.reader_of(ctx.unit, ctx.actor, _rules(ctx))
    taken = await anonymous.receive(ctx.unit, to, draft.words, _rules(ctx), urgent=draft.urgent)
    account, at, address = _account(ctx), services.clock.monotonic(), ctx.incoming.address

    def hand_over() -> None:
        services.nameless.sent.add(account, at)
        services.answer(address, (Text(render(Words.of(taken.code))),))

    ctx.unit.after_commit(hand_over)
    await ctx.unit.push(address, taken.receipt, kind="reply", priority=1, nameless=True)


# --- picking up ------------------------------------------------------------------------------------------------------


def is_code(text: str) -> bool:
    """A pick-up code alone or with a word about the answer, as people send it back (S3)."""
    found = read_pickup_code(text)
    return found is not None and (not found[1] or _word(found[1]) is not None)


@command(
    "anonymous.pick_up",
    "取件",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.PRIVATE,
    args=(Rest("told"),),
    writes=False,
    shape=is_code,
)
async def pick_up(ctx: Context, told: str) -> Say:
    """``取件 <码> [有用|没解决|不评价|删除]``: answered from memory; no row says that this account has a code."""
    found = read_pickup_code(told)
    word = _word(found[1]) if found is not None else None
    if found is None or (found[1] and word is None):
        texts = command_texts()["anonymous.pick_up"]
        return Usage(texts["usage"], texts["example"])
    code = found[0]
    _refuse_if_locked(ctx)
    try:
        return await (_look(ctx, code) if word is None else _say_word(ctx, code, word))
    except CodeUnknown:
        ctx.services.nameless.wrong.add(_account(ctx), ctx.services.clock.monotonic())
        raise


async def _look(ctx: Context, code: str) -> Say:
    """What there is; a bare ``1`` rates it as long as no other question could be meant by it."""
    at, passing = ctx.services.clock.monotonic(), ctx.services.nameless.passing
    waits: Asked | None = passing.open(_chat(ctx), at)
    free = waits is None or waits.question is RATE
    if ctx.account is not None:
        free = free and await open_question(ctx.session, ctx.vault, ctx.account.id, now=ctx.now) is None
    shown = await picked_up(ctx.session, ctx.vault, code, _rules(ctx), now=ctx.now, numbers=free)
    if shown is None:
        raise CodeUnknown
    if shown.numbers:
        passing.put(_chat(ctx), RATE, RATINGS, data=RateData(code), takes_text=False, until=at + RATE_SECONDS)
    return shown


@question(RATE)
async def rate(ctx: Context, asked: Asked[RateData], answer: str) -> Say:
    """The bare answer to what was just picked up."""
    return await _say_word(ctx, asked.data.code, AuthorsWord(answer))


async def _say_word(ctx: Context, code: str, word: AuthorsWord) -> Say:
    """In a transaction of its own, in which nothing names an account: no event key, no receipt row."""
    await ctx.session.rollback()  # a reader would keep the log of writes from being emptied
    async with ctx.services.store.unit(now=ctx.now, traceless=True) as unit:
        return await anonymous_word.say_word(unit, code, word, _rules(ctx))


@lru_cache(maxsize=1)
def _words() -> dict[str, AuthorsWord]:
    told = labels()["pickup_word"]
    return {plain_key(word): AuthorsWord(key) for key, words in told.items() for word in words.split()}


def _word(told: str) -> AuthorsWord | None:
    option = match_option(told, RATINGS, labels()["option_anonymous_rate"])
    if option is not None:
        return AuthorsWord(option)
    return _words().get(plain_key(told).replace(" ", "").rstrip("。.!~"))


def _refuse_if_locked(ctx: Context) -> None:
    wrong, at = ctx.services.nameless.wrong, ctx.services.clock.monotonic()
    if wrong.count(_account(ctx), at) >= _rules(ctx).wrong_codes:
        raise CodesLocked(minutes=max(1, round(wrong.wait(_account(ctx), at) / 60)))


def _account(ctx: Context) -> tuple[str, str]:
    return ctx.incoming.channel, ctx.incoming.sender_id


def _chat(ctx: Context) -> Chat:
    return ctx.incoming.channel, ctx.incoming.bot_id, ctx.incoming.sender_id
