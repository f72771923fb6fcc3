"""待答问题 that follows from what somebody just said: it goes to the account they said it with."""

from typing import Any

from bot.core.acts.prompt import AT_ONCE, ask_account, ask_person
from bot.core.question import Ask
from bot.core.rules.people import Actor
from bot.store.people import Account
from bot.store.unit import Unit


async def ask_speaker(unit: Unit, actor: Actor, ask: Ask[Any]) -> bool:
    """Put a question to the acting account, else to the person's newest one; False when they have none."""
    account = await unit.session.get(Account, actor.account_id) if actor.account_id is not None else None
    if account is not None:
        await ask_account(unit, account, ask, **AT_ONCE)
        return True
    return actor.person_id is not None and await ask_person(unit, actor.person_id, ask, **AT_ONCE)
