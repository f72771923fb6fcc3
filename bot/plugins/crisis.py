"""危机 Crisis: the answers to the card and of the duty officers; the card itself comes from the router (P27)."""

from functools import lru_cache

from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import question
from bot.chat.text import labels
from bot.core.acts.crisis import QUESTION, answer_contact
from bot.core.acts.crisis_call import FOLLOW_UP, answer_follow_up
from bot.core.question import Asked
from bot.core.rules.crisis import CrisisChoice
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key

__plugin_meta__ = plugin_meta("crisis")


@lru_cache(maxsize=1)
def _other_words() -> dict[str, CrisisChoice]:
    """Short ways of saying yes or no to the card, besides the options' own words."""
    words = labels()["crisis_answer"]
    return {plain_key(word): CrisisChoice(choice) for choice, told in words.items() for word in told.split()}


@question(QUESTION)
async def contact(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The choice, or free words: those are not kept."""
    choice = (
        CrisisChoice(answer) if answer in asked.options else _other_words().get(plain_key(answer).strip("。.!,，~"))
    )
    return await answer_contact(ctx.unit, ctx.actor, asked, choice, hotlines=ctx.services.hotlines)


@question(FOLLOW_UP)
async def follow_up(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """A duty officer's report."""
    return await answer_follow_up(ctx.unit, ctx.actor, asked, answer)
