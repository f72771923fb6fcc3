"""What people ask or say after words of danger: the topic, in many wordings, and nothing in what is none (P27)."""

import time

import pytest

from bot.chat.text import crisis_words, danger_topics
from bot.core.rules.after_danger import DangerTopic
from bot.core.rules.crisis import find_crisis

SAID = {
    DangerTopic.WHO_KNOWS: (
        "我爸妈会知道吗 你会告诉我妈吗 会叫家长吗 学校会不会知道 我室友会听说吗 你已经告诉老师了吗 班主任会收到消息吗 "
        "这事会说出去吗 是保密的吗 我的团干部会看到吗 你通知谁了 你会不会通知我家里"
    ),
    DangerTopic.DONT_TELL: (
        "别告诉我爸妈 别告诉老师 求你别跟我妈说 能不能别告诉学校 不要通知任何人 不想让同学知道 千万别告诉别人 替我保密 "
        "不要惊动我家里人 别让我哥知道"
    ),
    DangerTopic.WHO: "谁会来 谁联系我 值班的是谁 来的是男的女的 谁给我打电话 真有人会来吗 他认识我吗 值班的人可靠吗",
    DangerTopic.WHEN: (
        "什么时候来 他什么时候来找我 几点给我打电话 还要多久 打给我是什么时候 怎么还没人来 多久能联系我 还要等多久 人呢"
    ),
    DangerTopic.RECORD: "你会记下来吗 你们存聊天记录吗 能不能删了我说的 会保存吗 我说的话会被记录吗 有备份吗",
    DangerTopic.HUMAN: "你是人吗 你是机器人吗 你是不是真人 是AI吗 对面是真人吗 我想要人工",
    DangerTopic.THANKS: "谢谢 谢谢你听我说 感谢 辛苦了 多谢",
    DangerTopic.CADRE: "我想找晓舟姐聊聊 想跟辅导员说说 想找团干部谈谈 晓舟姐在吗 能让晓舟姐来找我吗 想找个人聊聊",
    DangerTopic.FINE: "我没事了 好多了 刚才是开玩笑的 不用担心 已经想开了 缓过来了",
    DangerTopic.UNREACHABLE: "打不通 没人接 12355占线 打了三遍都是忙音 电话没人 12356一直排队",
    DangerTopic.NO_CALL: "我不想打电话 我不敢打 不想跟陌生人说话 能打字吗 旁边有人 没有手机 怕打电话",
    DangerTopic.POLICE: "警察会来吗 你会报警吗 你们会不会送我去精神病院 会叫救护车吗",
    DangerTopic.FILE: "会影响我毕业吗 会进档案吗 会影响入团吗",
    DangerTopic.HAPPENS: "选1会怎样 那个人会跟我说什么 然后会怎么样 回要之后会发生什么",
    DangerTopic.BURDEN: "是不是很矫情 对不起打扰你了 给你们添麻烦了",
    DangerTopic.HELP: "我好害怕 晚上睡不着 我该怎么办 喘不过气",
    DangerTopic.MONEY: "要钱吗 收费吗 是免费的吗",
    DangerTopic.HERE: "在吗 还在吗 陪陪我 你能听我说吗",
}
NONE = "今天食堂的饭不好吃 我妈骂我 我给妈妈打电话了 不知道该怎么说 手机快没电了 作业写不完 许愿 1 要 先不要"


@pytest.mark.parametrize("topic", list(SAID))
def test_what_is_asked_after_words_of_danger_is_told_in_many_wordings(topic: DangerTopic) -> None:
    topics = danger_topics()
    assert {said: topics.find(said) for said in SAID[topic].split() if topics.find(said) is not topic} == {}


def test_every_topic_is_tried() -> None:
    assert set(SAID) == set(DangerTopic)


@pytest.mark.parametrize("said", NONE.split())
def test_other_words_are_only_heard(said: str) -> None:
    assert danger_topics().find(said) is None


@pytest.mark.parametrize("around", ["{}", "{}？", "那{}呀", "那个，{}", "{}😭", "{} 我怕"])
def test_courtesy_signs_and_a_word_around_it_change_nothing(around: str) -> None:
    for said, topic in (("我爸妈会知道吗", DangerTopic.WHO_KNOWS), ("什么时候来", DangerTopic.WHEN)):
        assert danger_topics().find(around.format(said)) is topic


def test_a_part_beside_the_topic_may_be_an_answer() -> None:
    topics = danger_topics()
    assert list(topics.beside("要，但是别告诉老师")) == ["要"]
    assert list(topics.beside("要不要告诉我爸妈")) == []


def test_a_question_about_the_call_is_no_new_danger() -> None:
    assert [said for told in SAID.values() for said in told.split() if find_crisis(said, crisis_words())] == []


def test_a_long_text_is_looked_at_in_no_time() -> None:
    began = time.perf_counter()
    assert danger_topics().find("会会会不会告诉" * 50_000) is None
    assert danger_topics().find("会不会告诉告" * 13) is None
    assert time.perf_counter() - began < 0.1
