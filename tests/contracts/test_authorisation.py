"""The written authorisation table against the bot: role x command x place, each carried out once however often it is
delivered; what refusals give away (threats 3-8).
"""

import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.chat.table import Place, table
from bot.store.sealing import MasterKeys
from tests.contracts.town import NUMBERS, PLACES, Town, listen
from tests.databases import in_own_loop
from tests.harness import load_plugins

WRITTEN: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("authorisation.toml").read_text(encoding="utf-8")
)
GROUPS: dict[str, list[str]] = WRITTEN.pop("groups") | {"everyone": list(NUMBERS)}
PLACE_WORDS = {
    "private": Place.PRIVATE,
    "group": Place.GROUP,
    "linked": Place.LINKED,
    "any": Place.ANY,
    "private_or_linked": Place.PRIVATE | Place.LINKED,
}
STRANGERS_MAY_CHANGE = {"people.bind", "join.join", "voice.complain"}
"""Whom the bot does not know leaves nothing in its tables but by binding or joining (P1), or a complaint by nobody."""
ALIKE = {
    "activity.change": ("改活动 {foreign_activity} 人数 9", "改活动 {no_activity} 人数 9"),
    "activity.cancel": ("取消活动 {foreign_activity} 下雨", "取消活动 {no_activity} 下雨"),
    "activity.list": ("名单 {foreign_activity}", "名单 {no_activity}"),
    "activity.correct": ("更正活动 {foreign_activity} 人数 8", "更正活动 {no_activity} 人数 8"),
    "campaign.tie": ("集中活动 记 最美青春故事 {foreign_activity}", "集中活动 记 最美青春故事 {no_activity}"),
    "campaign.untie": ("集中活动 撤 {foreign_activity}", "集中活动 撤 {no_activity}"),
    "guidance.fill": ("指导 计入 {foreign_activity}", "指导 计入 {no_activity}"),
    "activity.explain": ("说明 {foreign_activity} 忙忘了", "说明 {no_activity} 忙忘了"),
    "five_ones.progress": ("进度 {foreign_activity}", "进度 {no_activity}"),
    "activity.invite": ("邀请 {foreign_activity}", "邀请 {no_activity}"),
    "activity.joint": ("同办 {foreign_activity} 苏娜", "同办 {no_activity} 苏娜"),
    "activity.joint_end": ("退出同办 {foreign_activity}", "退出同办 {no_activity}"),
    "activity.view": ("活动 {foreign_activity}", "活动 {no_activity}"),
    "activity.code": ("签到码 {foreign_activity}", "签到码 {no_activity}"),
    "activity.end": ("结束活动 {foreign_activity} 清了步道，来了9人", "结束活动 {no_activity} 清了步道，来了9人"),
    "activity.sign_up": ("报名 {foreign_activity}", "报名 {no_activity}"),
    "activity.leave": ("取消报名 {foreign_activity}", "取消报名 {no_activity}"),
    "activity.not_there": ("收回参加 {foreign_activity}", "收回参加 {no_activity}"),
    "activity.took_part": ("参加了 {foreign_activity}", "参加了 {no_activity}"),
    "talk.view": ("查看谈心 {foreign_talk}", "查看谈心 {no_talk}"),
    "talk.note": ("记谈心 {foreign_youth} 聊了夜班", "记谈心 {no_youth} 聊了夜班"),
    "talk.mine": ("我的谈心 {foreign_youth}", "我的谈心 {no_youth}"),
    "wish.view": ("查看心愿 {foreign_wish}", "查看心愿 {no_wish}"),
    "wish.withdraw": ("撤回心愿 {foreign_wish}", "撤回心愿 {no_wish}"),
    "wish.received": ("收到 {foreign_wish}", "收到 {no_wish}"),
    "wish.not_received": ("没收到 {foreign_wish} 缺页", "没收到 {no_wish} 缺页"),
    "wish.claim": ("认领 {foreign_wish}", "认领 {no_wish}"),
    "wish.release": ("放弃 {foreign_wish}", "放弃 {no_wish}"),
    "wish.done": ("完成 {foreign_wish} 给了", "完成 {no_wish} 给了"),
    "wish.decline": ("婉拒 {foreign_wish} 没有", "婉拒 {no_wish} 没有"),
    "wish.suggest": ("帮许愿 {foreign_youth} 一本词典", "帮许愿 {no_youth} 一本词典"),
    "voice.mine": ("我的心声 {foreign_voice}", "我的心声 {no_voice}"),
    "voice.withdraw": ("撤回心声 {foreign_voice}", "撤回心声 {no_voice}"),
    "voice.reopen": ("重开心声 {foreign_voice}", "重开心声 {no_voice}"),
    "voice.view": ("查看心声 {foreign_voice}", "查看心声 {no_voice}"),
    "voice.answer": ("回复 {foreign_voice} 已经问了", "回复 {no_voice} 已经问了"),
    "voice.escalate": ("上报 {foreign_voice} 要市里定", "上报 {no_voice} 要市里定"),
    "voice.close": ("办结 {foreign_voice}", "办结 {no_voice}"),
    "voice.sort": ("分类 {foreign_voice} 其他", "分类 {no_voice} 其他"),
    "consultation.answer": ("答 {foreign_consultation} 都行", "答 {no_consultation} 都行"),
    "consultation.take_back": ("撤回回答 {foreign_consultation}", "撤回回答 {no_consultation}"),
    "consultation.view": ("查看问计 {foreign_consultation}", "查看问计 {no_consultation}"),
    "consultation.result": ("问计结果 {foreign_consultation} 定了去敬老院", "问计结果 {no_consultation} 定了去敬老院"),
    "pool.enter": ("入池 {foreign_wish} 问了县图书馆和两位同事", "入池 {no_wish} 问了县图书馆和两位同事"),
    "pool.share": ("拼心愿 {wish} {foreign_wish}", "拼心愿 {wish} {no_wish}"),
    "resource.close": ("停用资源 {foreign_resource}", "停用资源 {no_resource}"),
    "resource.match": ("匹配 {foreign_pooled} {resource}", "匹配 {no_wish} {resource}"),
    "access.ask": ("申请查阅 {foreign_wish} 核实本人的困难", "申请查阅 {no_wish} 核实本人的困难"),
    "access.approve": ("批准 {foreign_wish}", "批准 {no_wish}"),
    "access.refuse": ("不批 {foreign_wish}", "不批 {no_wish}"),
    "access.read": ("查阅 {foreign_wish}", "查阅 {no_wish}"),
    "access.break_glass": ("紧急查阅 {foreign_talk} 人联系不上有生命危险", "紧急查阅 {no_talk} 人联系不上有生命危险"),
    "hold.place": (
        "暂缓删除 {foreign_wish} 网络保护条例第38条 30天 已经立案",
        "暂缓删除 {no_wish} 网络保护条例第38条 30天 已经立案",
    ),
    "reminder.stop": ("提醒 停 {foreign_reminder}", "提醒 停 {no_reminder}"),
    "reminder.start": ("提醒 开 {foreign_reminder}", "提醒 开 {no_reminder}"),
    "reminder.delete": ("提醒 删 {foreign_reminder}", "提醒 删 {no_reminder}"),
    "reminder.change": ("提醒 改 {foreign_reminder} 每天21:00", "提醒 改 {no_reminder} 每天21:00"),
    "reminder.skip": ("提醒 这次不发 {foreign_reminder}", "提醒 这次不发 {no_reminder}"),
    "hold.release": ("解除暂缓 {foreign_wish}", "解除暂缓 {no_wish}"),
    "hold.report": ("举报 {foreign_wish}", "举报 {no_wish}"),
    "hold.reported": ("已报告 {foreign_wish} 县公安局", "已报告 {no_wish} 县公安局"),
    "resource.match_foreign": ("匹配 {pooled} {foreign_resource}", "匹配 {pooled} {no_resource}"),
}
"""Commands that name a thing or a person: one of another organisation, and one that does not exist."""
OF_OWNERS = {
    "wish.view", "wish.withdraw", "wish.received", "wish.not_received",
    "activity.view", "activity.sign_up", "activity.leave", "activity.took_part", "activity.not_there",
    "voice.mine", "voice.withdraw", "voice.reopen", "consultation.answer", "hold.report",
}  # fmt: skip
"""What the foreign youth may do with the foreign wish or voice, which is their own, or with what was put to them."""


@pytest.fixture(scope="module")
def said() -> Iterator[list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        yield listen(patch)


@pytest.fixture(scope="module")
def built(
    said: list[str], masters: MasterKeys, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Town:
    made = Town(tmp_path_factory.mktemp("town"), masters, said)
    in_own_loop(made.build(sqlite_template))
    return made


@pytest_asyncio.fixture
async def town(built: Town) -> AsyncIterator[Town]:
    await built.fresh("calm")
    yield built
    await built.close()


def allowed(rule: dict[str, Any], place: str) -> set[str]:
    """The roles for which the written rule lets a command through at a place."""
    return {role for name in rule.get(place, []) for role in GROUPS.get(name, [name])}


def test_every_command_is_in_the_written_table_and_no_other() -> None:
    load_plugins()
    assert set(table.commands) - set(WRITTEN) == set(), "add them to authorisation.toml"
    assert set(WRITTEN) - set(table.commands) == set()


def test_the_written_table_names_real_roles_and_says_what_may_be_touched() -> None:
    for name, rule in WRITTEN.items():
        assert rule["scope"], name
        unknown = {r for place in PLACES for r in allowed(rule, place)} - set(NUMBERS)
        assert (name, unknown) == (name, set())


@pytest.mark.parametrize("name", list(WRITTEN))
def test_audience_and_place_are_declared_as_written(name: str) -> None:
    load_plugins()
    declared = table.commands[name]
    assert (declared.who.value, declared.where) == (WRITTEN[name]["audience"], PLACE_WORDS[WRITTEN[name]["place"]])


@pytest.mark.rule("P1", "P13")
@pytest.mark.parametrize("name", list(WRITTEN))
async def test_each_role_gets_what_is_written_and_a_refusal_changes_nothing(town: Town, name: str) -> None:
    rule = WRITTEN[name]
    state = rule.get("state", "calm")
    wrong: list[str] = []
    await town.fresh(state)
    for place in PLACES:
        may = allowed(rule, place)
        for role in NUMBERS:
            if "first" in rule and place == "private":
                await town.types(role, "private", rule["first"])
            outcome = await town.types(role, place, rule["words"])
            cell = f"{role} in {place}"
            if outcome.carried_out != (role in may):
                wrong.append(f"{cell}: {'carried out' if outcome.carried_out else 'refused'} ({outcome.templates[0]})")
            if not outcome.carried_out:
                if outcome.changed:
                    wrong.append(f"{cell}: refused, but changed {outcome.changed}")
                if outcome.audited not in ((), ("denied",)):
                    wrong.append(f"{cell}: refused, but audited {outcome.audited}")
            elif role == "stranger" and outcome.changed and name not in STRANGERS_MAY_CHANGE:
                wrong.append(f"{cell}: a stranger changed {outcome.changed}")
            if outcome.changed:
                again = await town.hears_it_again()
                if again.changed or again.audited or again.shown:
                    wrong.append(f"{cell}: delivered again, it changed {again.changed} and said {again.templates}")
                await town.fresh(state)
    assert wrong == []


@pytest.mark.rule("P13")
@pytest.mark.parametrize("name", list(ALIKE))
async def test_what_is_foreign_and_what_does_not_exist_are_answered_alike(town: Town, name: str) -> None:
    foreign, missing = ALIKE[name]
    for role in NUMBERS:
        if role == "cadre_other_org" or (role == "youth_foreign" and name in OF_OWNERS):  # it is theirs
            continue
        there = await town.types(role, "private", foreign)
        not_there = await town.types(role, "private", missing)
        names = {town.facts["foreign_youth"]: "…", town.facts["no_youth"]: "…"}
        told = [[_without(names, text) for text in outcome.shown] for outcome in (there, not_there)]
        assert (role, told[0]) == (role, told[1])
        assert (role, there.changed, not_there.changed) == (role, (), ())
        assert (role, there.audited) == (role, not_there.audited)


def _without(names: dict[str, str], text: str) -> str:
    """An answer may repeat the name that was typed, nothing else."""
    for name, blank in names.items():
        text = text.replace(name, blank)
    return text


@pytest.mark.rule("P13")
async def test_the_platform_role_of_a_group_owner_opens_nothing(town: Town) -> None:
    """Threat 3, 4: rights come from our tables; a message has no field that could carry a platform's role."""
    from dataclasses import fields

    from bot.core.rules.message import Incoming

    assert {field.name for field in fields(Incoming)} & {"role", "card", "nickname", "title", "sender"} == set()
    outcome = await town.types("stranger", "linked", "解除关联")
    assert (outcome.carried_out, outcome.changed) == (False, ())


@pytest.mark.parametrize("place", PLACES)
async def test_the_menu_offers_nobody_anywhere_what_is_written_to_be_refused(town: Town, place: str) -> None:
    """Of commands that name no thing and need none to be going on: what may be done to a thing depends on it."""
    wrong: list[str] = []
    rules = {
        name: rule
        for name, rule in WRITTEN.items()
        if "{" not in rule["words"] and "first" not in rule and rule.get("state") in (None, "talking")
    }
    for role in NUMBERS:
        menu = "、".join((await town.types(role, place, "帮助")).shown)
        shown = menu.replace("】", "、").replace("\n", "、").split("、")
        for name, rule in rules.items():
            if table.commands[name].words[0] in shown and role not in allowed(rule, place):
                wrong.append(f"{role} in {place}: {name}")
    assert wrong == []


@pytest.mark.parametrize("role", [r for r in NUMBERS if r not in ("host", "cadre_other_org")])
async def test_the_menu_offers_nobody_what_would_be_refused(town: Town, role: str) -> None:
    menu = "\n".join((await town.types(role, "private", "帮助")).shown)
    shown = set(menu.replace("】", "、").replace("\n", "、").split("、"))
    cadres_only = [c.words[0] for c in table.commands.values() if c.who.value == "cadre" and c.where & Place.PRIVATE]
    if role in GROUPS["cadres"]:
        assert all(word in shown for word in cadres_only)
    else:
        assert [word for word in cadres_only if word in shown] == []
