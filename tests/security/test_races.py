"""Two at once, on PostgreSQL where both really run at once: one wins, the other gets a sentence (section 4)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.chat.text import consent_texts, sensitive_words
from bot.clock import ManualClock
from bot.core.acts.bind import Bound, CodeWrong, bind
from bot.core.acts.erase import erase_person
from bot.core.acts.receipt import new_receipt
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import STRANGER
from bot.features.talk.acts.note import NoteAsked, note_talk
from bot.features.talk.acts.open import TalkAlreadyOpen, TalkOpened, open_talk
from bot.features.talk.tables import Talk
from bot.store import audit
from bot.store.chat import Chat, Contact
from bot.store.delivery import Prompt
from bot.store.engine import DatabaseInUse
from bot.store.people import Account, Person
from bot.store.refs import new_ref
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from bot.store.unit import Unit
from tests.harness import Talkers
from tests.patience import PATIENCE
from tests.people_built import make_cadre, make_chat, make_code, make_consent, make_org, make_person, make_youth
from tests.ticking import do_due

MANY = 8


async def at_once(store: Store, *acts: Callable[[Unit], Awaitable[Any]]) -> list[Any]:
    """Carry out each act in a unit of its own, all at the same time; exceptions are results."""

    async def one(act: Callable[[Unit], Awaitable[Any]]) -> Any:
        async with store.unit() as unit:
            done = await act(unit)
            await asyncio.sleep(0.01)
            return done

    return await asyncio.gather(*(one(act) for act in acts), return_exceptions=True)


async def count(store: Store, table: type) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_of_many_who_open_a_talk_one_does_and_the_others_are_told(postgres_store: Store) -> None:
    store = postgres_store
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)

    async def opens(unit: Unit) -> Any:
        here = await unit.session.get_one(Chat, chat.id)
        return await open_talk(unit, cadre, here, "夜班", consent_texts())

    kinds = [type(done) for done in await at_once(store, *[opens] * MANY)]
    assert kinds.count(TalkOpened) == 1
    assert kinds.count(TalkAlreadyOpen) == MANY - 1
    assert await count(store, Talk) == 1


async def test_a_code_that_many_accounts_send_at_once_binds_one(postgres_store: Store) -> None:
    store = postgres_store
    invited = await make_person(store, await make_org(store), "林晓舟")
    code = await make_code(store, invited)

    def binds(number: int) -> Callable[[Unit], Awaitable[Any]]:
        return lambda unit: bind(unit, STRANGER, code, channel="qq", bot_id="30003", native_id=f"1000{number}")

    kinds = [type(done) for done in await at_once(store, *[binds(n) for n in range(MANY)])]
    assert (kinds.count(Bound), kinds.count(CodeWrong)) == (1, MANY - 1)
    assert await count(store, Account) == 1


async def test_somebody_who_joins_two_groups_at_once_is_one_person(postgres_store: Store) -> None:
    store = postgres_store
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    for group in ("888", "889"):
        await make_chat(store, org, cadre, group)
    talk = await Talkers.open(store)
    works = [talk.gate.arrive(talk.incoming("20001", "/加入 小赵", group=group)) for group in ("888", "889") * 3]
    await asyncio.gather(*(work for work in works if work is not None))
    await talk.sender.pump()
    assert await count(store, Person) == 2
    assert await count(store, Contact) == 2
    async with store.read() as session:
        states = (await session.execute(select(Prompt.state))).scalars().all()
    assert states.count("open") == 1


async def test_the_audit_chain_holds_however_many_write_it(postgres_store: Store) -> None:
    async def writes(unit: Unit) -> None:
        await unit.audit(None, "test.act", ref=await new_receipt(unit, "C"), n=await new_ref(unit, "T"))

    done = await at_once(postgres_store, *[writes] * 40)
    assert [one for one in done if one is not None] == []
    async with postgres_store.read() as session:
        assert await audit.verify(session, postgres_store.vault) == (40, [])


@pytest.mark.parametrize("first", ["ask", "erase"])
async def test_a_draft_about_somebody_who_is_erased_at_the_same_moment_does_not_stay(
    postgres_store: Store, first: str
) -> None:
    """Prompts name their person without a foreign key: nothing but the order of locks keeps an orphan out."""
    store = postgres_store
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, "小赵", "20001", cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.TALK_NOTES)
    turn = asyncio.Event()

    async def asks() -> Any:
        async with store.unit() as unit:
            if first == "erase":
                await turn.wait()
            done = await note_talk(unit, cadre, "小赵", "想换班次", sensitive_words())
            turn.set()
            await asyncio.sleep(0.1)
            return done

    async def erases() -> Any:
        async with store.unit() as unit:
            if first == "ask":
                await turn.wait()
            done = await erase_person(unit, youth.person_id or 0, actor=youth)
            turn.set()
            await asyncio.sleep(0.1)
            return done

    async with asyncio.timeout(PATIENCE):
        asked, erased = await asyncio.gather(asks(), erases(), return_exceptions=True)
    assert not isinstance(erased, BaseException)
    assert isinstance(asked, NoteAsked) or first == "erase"
    assert await count(store, Prompt) == 0
    assert await do_due(store, store.clock.now(), "core.questions") == 0


async def test_a_second_bot_on_the_same_postgresql_database_is_refused(
    postgres_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    """What may be recorded is held in one process's memory: a second bot would not hear of an end in the first."""
    first, second = [await Store.open(postgres_url, masters=masters, clock=clock) for _ in range(2)]
    await first.engines.hold_alone()
    with pytest.raises(DatabaseInUse):
        await second.engines.hold_alone()
    async with second.unit():  # the command line may work beside a running bot
        pass
    await first.close()
    await second.engines.hold_alone()
    await second.close()
