"""What the running bot does every 20 seconds, or a part of it."""

from datetime import datetime

from sqlalchemy import select

from bot.core.acts.question_words import was_shown
from bot.core.installation import Installation
from bot.core.rules.workdays import Workdays
from bot.schedule.ticks import all_ticks
from bot.store.delivery import Prompt
from bot.store.store import Store


async def do_due(
    store: Store, now: datetime, *names: str, workdays: Workdays | None = None, rules: object = None
) -> int:
    """Let these ticks look once, whatever they did before: by name, or all of a feature; returns how much was done.

    ``rules``: what the installation has set for a feature, found by its type.
    """
    installation = Installation.of_rules(workdays or Workdays(), *([rules] if rules is not None else []))
    chosen = [work for name, work in all_ticks(store, installation).items() if _is_one(name, names)]
    assert chosen, names
    return sum([await work(now) for work in chosen])


async def show_questions(store: Store, now: datetime) -> None:
    """As if the words of every open question had gone out now, where no sender runs."""
    async with store.unit(now=now) as unit:
        for prompt_id in (await unit.session.execute(select(Prompt.id).where(Prompt.state == "open"))).scalars():
            await was_shown(unit, prompt_id)


def _is_one(name: str, names: tuple[str, ...]) -> bool:
    return name in names or name.partition(".")[0] in names
