"""Acceptance, the clock: repeated notices, talks that fall asleep, the night (S3b, S1.7), and the next morning."""

from pathlib import Path

from tests.e2e.county import GROUP, OTHER_GROUP, County, close_county, open_county
from tests.e2e.test_canaries import files_with
from tests.gateway import group, private

DAY_MS = 24 * 60 * 60 * 1000


async def shows(county: County, where: str, words: str, known: int) -> str:
    """Wait for new words in a conversation."""
    found = await county.gateway.expect_message(
        where, lambda one: one in county.gateway.shown[where][known:] and words in one.text
    )
    return found.text


async def test_a_day_of_talks_a_night_and_the_morning_after(tmp_path: Path) -> None:
    county = await open_county(tmp_path, ZHIXIN_CLOCK="2026-11-24T10:00:00+08:00")
    try:
        await county.bind("林晓舟", "苏禾", "何清", "吴建平")
        await county.hear("林晓舟", "/关联本群", place=GROUP)
        await county.hear("苏禾", "/关联本群", place=OTHER_GROUP)
        for name, answer, agree in (("小赵", "3", "原话"), ("小雨", "2", ""), ("阿凯", "3", "")):
            await county.join(name, answer, agree=agree)
        await county.hear("林晓舟", "/谈心 开始 跨时段", place=GROUP)
        await county.hear("小赵", "十点说的话", place=GROUP)
        for name in ("小雨", "阿凯"):
            assert "不记" in await county.one(name, "先不要")
        await county.hear("苏禾", "/谈心 开始", place=OTHER_GROUP)
        await talks_at_noon(county)
        await county.move_to("2026-11-24T23:40:00+08:00", ZHIXIN_PACE="on")
        await a_minor_at_night(county)
        await a_question_waits_for_the_morning(county)
    finally:
        await close_county(county)


async def talks_at_noon(county: County) -> None:
    """Who goes on talking sees ● 记录中 again; where nobody spoke for two hours the talk has ended."""
    here, there = (len(county.gateway.shown[group(one)]) for one in (GROUP, OTHER_GROUP))
    await county.move_to("2026-11-24T12:05:00+08:00")
    await county.gateway.group_message(GROUP, county.number("小赵"), "还在聊")
    closed = await shows(county, group(OTHER_GROUP), "自动结束", there)
    assert "存了 0 条" in closed
    assert "10:00 开始" in await shows(county, group(GROUP), "● 记录中", here)
    assert "存了 2 条" in await county.one("林晓舟", "/谈心 结束 聊到中午", place=GROUP)


async def a_minor_at_night(county: County) -> None:
    """小雨, 16, 23:40 (S3b): the card at once and in private only; on ① the officer hears whom and since when."""
    in_groups = len(county.gateway.shown[group(GROUP)])
    others = {name: len(county.told(name)) for name in ("林晓舟", "吴建平", "苏禾", "小赵")}
    card = await county.one("小雨", "感觉活着没意思 也没人在乎")
    for part in ("谢谢你", "程序", "12356", "12355", "110", "120", "① 要", "② 先不要", "③ 只想有人陪我等一会儿"):
        assert part in card, part
    known = len(county.told("何清"))
    said = await county.one("小雨", "1 别告诉我爸妈")
    assert "没有告诉你的家人" in said
    assert "不敢替他们保证" in said, "no promise the rota cannot keep (S3b.4)"
    call = await shows(county, private(county.number("何清")), "值班", known)
    assert "小雨" in call
    assert "23:40" in call
    assert not any(word in call for word in ("没意思", "爸妈", "在乎"))
    opened, due = county.ask("SELECT opened_at, due_at FROM crises WHERE state != 'closed'")[0]
    assert due - opened == DAY_MS
    for words in ("活着没意思", "别告诉我爸妈"):
        assert files_with(county.bot.folder, words) == []
    handed_on = await county.hear("何清", "2")
    assert "收到" in handed_on[0], "the answer first, then the question once more"
    assert "① 已联系上" in handed_on[-1]
    assert "这次求助已结束" in await county.one("何清", "已联系上")
    assert len(county.gateway.shown[group(GROUP)]) == in_groups
    assert {name: len(county.told(name)) for name in others} == others, "nobody else"


async def a_question_waits_for_the_morning(county: County) -> None:
    """At night only direct answers go out (S1.7); what is to be asked of others is asked at 08:00.

    小雨 spoke of danger: for 24 hours nothing of the bot's own is asked of her, and so not before the second morning.
    """
    kai, yu, cadre = (private(county.number(name)) for name in ("阿凯", "小雨", "林晓舟"))
    known = {where: len(county.gateway.shown[where]) for where in (kai, yu)}
    for name, about in (("阿凯", "跑完步聊了几句"), ("小雨", "打完球聊了几句")):
        mine = len(county.gateway.shown[cadre])
        await county.gateway.private_message(county.number("林晓舟"), f"记谈心 {name} {about}")
        await shows(county, cadre, "去问", mine)
    assert {where: len(county.gateway.shown[where]) for where in known} == known, "it is night"
    await county.move_to("2026-11-25T08:00:05+08:00")
    assert "跑完步聊了几句" in await shows(county, kai, "① 不留", known[kai])
    assert len(county.gateway.shown[kai]) == known[kai] + 1
    assert len(county.gateway.shown[yu]) == known[yu], "not yet a day since she spoke of danger"
    await county.move_to("2026-11-26T09:00:05+08:00")
    assert "打完球聊了几句" in await shows(county, yu, "① 不留", known[yu])
    assert len(county.gateway.shown[yu]) == known[yu] + 1
