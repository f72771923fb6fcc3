"""Command words: declared once, explained in the guides, and every one that this version promises is there."""

import re

from bot.chat.args import BadArguments, Rest, read_args
from bot.chat.table import Place, table
from bot.chat.text import command_texts, labels
from bot.core.rules.text import after_slash, match_word, plain_key
from tests.contracts import source
from tests.harness import load_plugins

PROMISED = (
    "帮助 菜单 绑定 在群里是我 认我 我是谁 解绑 关联本群 解除关联 我的青年 加入 退出 我的同意 同意 撤回 停止记录 "
    "看我的数据 导出我的数据 更正 删除我的数据 确认删除 谁看过我的数据 "
    "别再提醒 恢复提醒 联系负责人 谈心·开始 谈心·结束 谈心·放弃 "
    "记谈心 我的谈心 查看谈心 待办 进度 "
    "许愿 我的心愿 撤回心愿 收到 没收到 心愿列表 查看心愿 认领 放弃 完成 婉拒 帮许愿 "
    "入池 拼心愿 拼好愿 心愿池 心愿统计 登记资源 资源列表 停用资源 匹配 "
    "找人聊聊 结束聊天 屏蔽 取消屏蔽 "
    "心声 建议 投诉 我的心声 撤回心声 重开心声 心声列表 查看心声 回复 上报 办结 分类 心声统计 "
    "匿名 取件 "
    "问计 答 撤回回答 查看问计 我的问计 问计结果 "
    "申请查阅 批准 不批 紧急查阅 暂缓删除 解除暂缓 举报 已报告"
)
"""The words of the contract of the chat that this version carries; ``·`` stands for a space inside a word."""
PRIVATE_ONLY = (
    "绑定 看我的数据 导出我的数据 更正 删除我的数据 确认删除 谁看过我的数据 联系负责人 记谈心 查看谈心 待办 进度 "
    "找人聊聊 结束聊天 屏蔽 取消屏蔽 "
    "匿名 取件 心声 投诉 我的心声 撤回心声 查看心声 回复 上报 办结 答 查看问计"
)
"""Words whose content belongs in private: typed in a group they are not carried out."""
SAME_AS_THE_QUESTION = {"同意", "确认删除", "收到", "没收到", "参加了"}
"""Commands that look for the open question and answer it."""
NOT_BUILT_YET = ("找人聊聊", "心声", "许愿", "心愿", "投诉", "移交", "待办")
"""Features of the contract of the chat that come later: until then no text may promise them."""
TELLS_TO_SAY = re.compile(r"[发回](?:送|复)?“/?([^”{/]{2,})")
"""``发“/停止记录”``: what a text tells people to type."""
GUIDES = ("guide-cadre.zh-CN.md", "guide-youth.zh-CN.md", "guide-officer.zh-CN.md")
NOT_FEATURES = {"other"}
"""Headings of the menu that gather what has none of its own."""


def _words(listed: str) -> list[str]:
    return [word.replace("·", " ") for word in listed.split()]


def test_every_promised_word_is_declared() -> None:
    load_plugins()
    assert [word for word in _words(PROMISED) if plain_key(word) not in table.words] == []


def test_words_that_belong_in_private_cannot_be_used_in_a_group() -> None:
    load_plugins()
    assert [w for w in _words(PRIVATE_ONLY) if table.words[plain_key(w)].where is not Place.PRIVATE] == []


def test_every_command_has_help_usage_and_example_and_nothing_else_has() -> None:
    load_plugins()
    texts = command_texts()
    assert set(table.commands) - set(texts) == set(), "add them to commands.toml"
    assert set(texts) - set(table.commands) == set(), "no such command"
    assert [name for name, text in texts.items() if set(text) != {"help", "usage", "example"}] == []


def test_usage_and_example_begin_with_the_command_and_the_example_is_understood() -> None:
    load_plugins()
    wrong: list[str] = []
    for name, text in command_texts().items():
        command = table.commands[name]
        if not text["usage"].startswith(command.words[0]):
            wrong.append(f"{name}: usage {text['usage']}")
        found = match_word(after_slash(text["example"]) or text["example"], table.words)
        if found is None or found[0] is not command:
            wrong.append(f"{name}: example {text['example']}")
            continue
        try:
            read_args(command.args, found[1])
        except BadArguments:
            wrong.append(f"{name}: the example's arguments")
        if command.args and command.args[0].required and not found[1]:
            wrong.append(f"{name}: the example shows no argument")
        if not command.where & Place.PRIVATE and not text["example"].startswith("/"):
            wrong.append(f"{name}: in a group a command begins with /")
    assert wrong == []


def test_each_word_and_alias_is_unique_however_it_is_written() -> None:
    load_plugins()
    words = [plain_key(word) for command in table.commands.values() for word in command.words]
    assert sorted(words) == sorted(set(words))


def test_no_word_swallows_the_beginning_of_a_longer_one() -> None:
    """``谈心 开始`` must not be read as ``谈心`` with an argument: the longer word is found."""
    load_plugins()
    for command in table.commands.values():
        for word in command.words:
            found = match_word(word, table.words)
            assert found is not None
            assert found[0] is command


def test_no_word_takes_the_answer_to_a_question_away() -> None:
    """A command is looked for first, so an option with the same word would never be chosen by it."""
    load_plugins()
    taken = [
        f"[{kind}] {key} = {word}"
        for kind, words in labels().items()
        if kind.startswith("option_")
        for key, word in words.items()
        if plain_key(word) in table.words and word not in SAME_AS_THE_QUESTION
    ]
    assert taken == []


def test_every_word_and_alias_is_in_a_guide() -> None:
    load_plugins()
    guides = "\n".join((source.DOCS / name).read_text(encoding="utf-8") for name in GUIDES)
    missing = [
        word
        for command in table.commands.values()
        for word in command.words
        if f"`{word}" not in guides and f"`/{word}" not in guides
    ]
    assert missing == [], "explain them in docs/guide-*.zh-CN.md"


def test_the_guides_name_no_command_that_does_not_exist() -> None:
    load_plugins()
    unknown: list[str] = []
    for name in GUIDES:
        for line in (source.DOCS / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("| `"):  # the tables of commands
                for told in re.findall(r"`([^`]+)`", line.split("|")[1]):
                    if match_word(after_slash(told) or told, table.words) is None:
                        unknown.append(f"{name}: {told}")
    assert unknown == []


def test_what_takes_all_the_rest_comes_last() -> None:
    load_plugins()
    assert [c.id for c in table.commands.values() if any(isinstance(arg, Rest) for arg in c.args[:-1])] == []


def _told() -> list[tuple[str, str]]:
    """``(template, words)`` that people are told to type, without what they fill in themselves."""
    found: list[tuple[str, str]] = []
    for path in sorted([*source.CHAT.rglob("*.j2"), *source.CHAT.rglob("texts.toml")]):
        for match in TELLS_TO_SAY.finditer(path.read_text(encoding="utf-8")):
            found.append((path.relative_to(source.CHAT).as_posix(), match[1]))
    return found


def test_texts_send_nobody_to_a_command_that_does_not_exist() -> None:
    load_plugins()
    options = {
        plain_key(word) for kind, words in labels().items() if kind.startswith("option_") for word in words.values()
    }
    unknown = [
        f"{template}: {told}"
        for template, told in _told()
        if match_word(after_slash(told) or told, table.words) is None and plain_key(told) not in options
    ]
    assert unknown == []


def test_texts_promise_nothing_that_is_not_built_yet() -> None:
    load_plugins()
    later = [word for word in NOT_BUILT_YET if not any(word in known for known in table.words)]
    promised = [
        f"{path.relative_to(source.CHAT)}: {word}"
        for path in sorted([*source.CHAT.rglob("*.j2"), *source.CHAT.rglob("*.toml")])
        for word in later
        if word in path.read_text(encoding="utf-8")
    ]
    assert promised == []
