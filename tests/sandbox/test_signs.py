"""What the page shows beside the words comes from the bot's own tables: what is stored, and which words fit whom."""

from datetime import datetime

from sqlalchemy import update

from bot.chat.text import shipped
from bot.clock import SHANGHAI
from bot.core.rules.consent import ConsentScope
from bot.features.rights.reads.remembered import Held
from bot.features.talk.tables import Talk, TalkMessage
from bot.sandbox.panel import lines
from bot.sandbox.signs import kept, words
from bot.store.store import Store
from tests.harness import load_plugins
from tests.people_built import BOT, CHANNEL, make_cadre, make_chat, make_org, make_youth
from tests.talks_built import make_talk

NOW = datetime(2026, 12, 1, 19, 30, tzinfo=SHANGHAI)
GROUP, STORED, SAID = 888, 1001, 1002


async def test_only_stored_bubbles_are_kept_and_only_groups_with_an_open_talk_record(store: Store) -> None:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    youth = await make_youth(store, org, cadre=cadre)
    chat = await make_chat(store, org, cadre, str(GROUP))
    await make_talk(store, chat, cadre, (youth, "一句"))
    ask = kept(store, int(BOT))
    assert await ask({GROUP: [STORED, SAID]}) == await kept(store, int(BOT) + 1)({GROUP: [STORED, SAID]})
    async with store.unit() as unit:
        index = unit.vault.mac("index", "message", CHANNEL, BOT, str(GROUP), str(STORED))
        await unit.session.execute(update(TalkMessage).values(native_index=index))
        await unit.session.execute(update(Talk).values(state="open"))
    found = await ask({GROUP: [STORED, SAID], GROUP + 1: [STORED]})
    assert (found.lines, set(found.recording)) == ({STORED}, {GROUP})


async def test_words_fit_the_person_and_the_place(store: Store) -> None:
    load_plugins()
    org = await make_org(store)
    cadre = await make_cadre(store, org, number="10001")
    await make_youth(store, org, number="20001", cadre=cadre)
    await make_chat(store, org, cadre, str(GROUP))
    ask = words(store, int(BOT))

    async def offered(number: str, group: int | None = None) -> set[str]:
        return {one.word for one in await ask(number, group)}

    assert not await offered("20001") & {"认领", "待办", "进度"}
    assert await offered("10001") >= {"认领", "待办", "进度"}
    assert not await offered("29999") & {"退出", "撤回", "待办"}, "a stranger"
    assert any(word.startswith("谈心") for word in await offered("10001", GROUP))
    assert not any(word.startswith("谈心") for word in await offered("20001", GROUP))
    more = {one.word: one.more for one in await ask("20001", None)}
    assert (more["许愿"], more["帮助"]) == (True, False), "whether words belong behind it"


def test_the_panel_says_first_what_was_not_kept() -> None:
    figures = dict.fromkeys(
        ("messages", "talks", "notes", "relay", "voices", "consultation_answers", "wishes", "questions"), 1
    ) | {"last_message_at": None, "relay": ""}
    held = Held(
        known=True, name="小赵", contacts=1, consents=((ConsentScope.ORIGINAL_MESSAGES.value, NOW),), figures=figures
    )
    said = [item.stored for item in lines(held, shipped("sandbox", "panel.toml"))]
    assert said == sorted(said)
    assert {False, True} == set(said)
