"""Through NoneBot itself: plugins load by dotted name, and the gate stands before every matcher (nonebug)."""

import asyncio
from collections.abc import AsyncIterator

import nonebot
import pytest_asyncio
from nonebot import on_message
from nonebot.adapters.onebot.v11 import Bot, GroupMessageEvent, Message, MessageSegment, PrivateMessageEvent
from nonebot.adapters.onebot.v11.event import Sender
from nonebot.message import _event_preprocessors
from nonebug import App

import bot.plugins
from bot.channels.preprocessor import stand_before_matchers
from bot.store.store import Store
from tests.harness import BOT, Talkers, load_plugins


@pytest_asyncio.fixture
async def talk(store: Store) -> AsyncIterator[Talkers]:
    talkers = await Talkers.open(store)
    before = set(_event_preprocessors)
    stand_before_matchers(talkers.gate.arrive)
    yield talkers
    _event_preprocessors.intersection_update(before)


def private(text: str) -> PrivateMessageEvent:
    return PrivateMessageEvent(
        time=1,
        self_id=int(BOT),
        post_type="message",
        sub_type="friend",
        user_id=20001,
        message_type="private",
        message_id=1,
        message=Message([MessageSegment.text(text)]),
        original_message=Message(),
        raw_message=text,
        font=0,
        sender=Sender(),
    )


def in_group(text: str) -> GroupMessageEvent:
    fields = private(text).model_dump() | {"message_type": "group", "sub_type": "normal", "group_id": 888}
    return GroupMessageEvent(**fields)


async def run(app: App, event: object, seen: list[str]) -> None:
    """Let NoneBot handle an event with one matcher behind the gate that notes what reaches it."""
    matcher = on_message(priority=99)

    async def note() -> None:
        seen.append("reached")

    matcher.append_handler(note)
    try:
        async with app.test_matcher(matcher) as ctx:
            one = ctx.create_bot(base=Bot, self_id=BOT)
            ctx.receive_event(one, event)  # type: ignore[arg-type]
    finally:
        matcher.destroy()


def test_every_plugin_loads_by_its_dotted_name_and_says_what_it_is(after_nonebot_init: None) -> None:
    load_plugins()
    loaded = {plugin.module_name: plugin for plugin in nonebot.get_loaded_plugins()}
    for name in bot.plugins.names():
        assert name in loaded
        assert loaded[name].metadata is not None, f"{name} has no __plugin_meta__"


async def test_a_command_is_answered_and_reaches_no_matcher(app: App, talk: Talkers) -> None:
    seen: list[str] = []
    await run(app, private("帮助"), seen)
    await talk.sender.pump()
    assert seen == []
    assert "绑定" in talk.last("20001")


async def test_plain_group_chat_reaches_no_matcher(app: App, talk: Talkers) -> None:
    seen: list[str] = []
    await run(app, in_group("大家晚上好"), seen)
    await talk.sender.pump()
    assert seen == []
    assert talk.shown("888") == []


async def test_with_pass_through_plain_chat_goes_on_to_other_plugins(app: App, talk: Talkers) -> None:
    talk.gate._pass_through = True
    seen: list[str] = []
    await run(app, in_group("大家晚上好"), seen)
    await run(app, in_group("/帮助"), seen)
    await asyncio.sleep(0)
    assert seen == ["reached"]
