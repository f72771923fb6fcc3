"""待答问题 Prompt: its words: said, said once more, and that they are out, which is when its life begins."""

import json
from typing import Any, Final, Unpack

from sqlalchemy import BigInteger, bindparam, cast, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.question import Asked
from bot.core.reads.questions import WAITING
from bot.core.rules.message import Address
from bot.core.rules.say import from_plain
from bot.store import outbox
from bot.store.base import new_id, to_millis
from bot.store.delivery import Prompt
from bot.store.outbox import Places, Sending, Words
from bot.store.people import Account, Person
from bot.store.sealing import Vault
from bot.store.unit import Unit

WORDS_OF: Final = "prompt"
"""What a question's words are about (``Standing``): the question, as long as it is open."""
ASKED: Final = "asked"
"""Signal: an account, by channel and blind index, is being asked something from now on."""
_SHOWN: Final = (
    update(Prompt)
    .where(Prompt.id == bindparam("shown"), Prompt.shown_at.is_(None), WAITING)
    .values(
        shown_at=bindparam("at", type_=Prompt.shown_at.type),
        expires_at=type_coerce(
            bindparam("since", type_=BigInteger) + cast(Prompt.life, BigInteger) * 1000, Prompt.expires_at.type
        ),
    )
    .execution_options(synchronize_session=False)
)


async def was_shown(unit: Unit, prompt_id: int) -> None:
    """Its words are out: its life begins, once."""
    at = {"shown": prompt_id, "at": unit.now, "since": to_millis(unit.now)}
    await unit.session.execute(_SHOWN, at)


def key_of(prompt_id: int) -> str:
    """How the outbox keys of a question's words begin."""
    return f"prompt:{prompt_id}:"


async def words_of(session: AsyncSession, question: Asked[Any]) -> Places:
    """Where the rows with a question's words stand."""
    return await outbox.places(session, key_of(question.id), person_id=question.person_id)


async def question_words(session: AsyncSession, vault: Vault, prompt_id: int) -> Words | None:
    """What a waiting question shows; None when it is over or 暂不可读."""
    prompt = await session.get(Prompt, prompt_id)
    text = await vault.read(session, f"prompts:{prompt_id}:facts", prompt.facts) if prompt is not None else None
    if not text:
        return None
    facts = json.loads(text)
    return Words(facts["t"], from_plain(facts["d"]))


async def put_again(unit: Unit, prompt: Prompt, **how: Unpack[Sending]) -> bool:
    """Say a question's words once more; False: they are 暂不可读."""
    account = await unit.session.get_one(Account, prompt.account_id)
    text = await unit.open(f"prompts:{prompt.id}:facts", prompt.facts)
    if not text:
        return False
    facts = json.loads(text)
    person = await unit.session.get_one(Person, prompt.person_id)
    await speak(unit, account, person, prompt.id, Words(facts["t"], facts["d"]), urgent=prompt.urgent, **how)
    return True


async def speak(
    unit: Unit,
    account: Account,
    person: Person,
    prompt_id: int,
    words: Words,
    *,
    urgent: bool,
    fallback: tuple[Address, Words] | None = None,
    **how: Unpack[Sending],
) -> None:
    """Say these words as those of a question; its life begins when they are out."""
    unit.signal(ASKED, (account.channel, account.native_index))
    usual: Sending = {"idem_key": f"{key_of(prompt_id)}{new_id()}", "kind": "prompt", "priority": 0 if urgent else 2}
    if "idem_key" not in how:
        usual["about"] = (WORDS_OF, prompt_id)
    else:  # a row that goes as a receipt leads to no question
        await was_shown(unit, prompt_id)
    await unit.push_words(
        await unit.private_address(account),
        words,
        person_id=person.id,
        key_id=person.key_id,
        fallback=fallback,
        **(usual | how),
    )
