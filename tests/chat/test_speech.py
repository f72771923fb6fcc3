"""Plain speech: what shows is shown, what writes is offered and done on a yes, and nothing else (commands.md)."""

import json
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import OrgLevel, Role
from bot.features.voice.tables import Voice
from bot.features.wish.tables import Wish
from bot.store.base import Base
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said
from tests.speech.labelled import DATA
from tests.speech.sentences import scored
from tests.speech.train_intents import WEIGHTS, digest

CADRE, ADMIN, YOUTH, STRANGER, GROUP = "10001", "30001", "20001", "90009", "888"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org, "林晓舟", CADRE)
    await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    chat = await make_chat(store, org, cadre, GROUP)
    await make_youth(store, org, "小赵", YOUTH, cadre=cadre, chat=chat)
    return await Talkers.open(store)


async def rows(store: Store, table: type[Base]) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.parametrize(
    ("who", "words", "shown"),
    [
        (CADRE, "我还有什么没办的事", "todo/list"),
        (CADRE, "这季度我几次了", "five_ones/progress"),
        (YOUTH, "我在你这有哪些信息", "rights/held"),
        (YOUTH, "最近有什么活动", "activity/coming"),
        (STRANGER, "有什么功能", "help/menu"),
        (YOUTH, "你会把我们说的都记下来吗", "common/what_is_kept"),
    ],
)
async def test_what_only_shows_is_shown_at_once(talk: Talkers, who: str, words: str, shown: str) -> None:
    said = (await talk.says(who, words))[0]
    assert said.template == shown  # type: ignore[attr-defined]


async def test_what_writes_is_offered_with_what_would_be_entered_and_done_on_a_yes(talk: Talkers, store: Store):
    offer = (await talk.says(YOUTH, "我想许个愿，想要一个篮球"))[0]
    assert offer == Said("common/offered_one", words="想要一个篮球")
    assert await rows(store, Wish) == 0
    await talk.says(YOUTH, "1")
    assert await rows(store, Wish) == 1


@pytest.mark.parametrize("words", ["2", "不是", "算了", "②", "不用了"])
async def test_on_a_no_nothing_is_entered(talk: Talkers, store: Store, words: str) -> None:
    await talk.says(YOUTH, "我想许个愿，想要一个篮球")
    assert await talk.says(YOUTH, words) == [Said("common/offer_dropped")]
    await talk.says(YOUTH, "1")
    assert await rows(store, Wish) == 0


async def test_an_offer_is_over_once_something_else_is_said(talk: Talkers, store: Store) -> None:
    await talk.says(YOUTH, "我想许个愿，想要一个篮球")
    await talk.says(YOUTH, "今天下雨了没带伞")
    await talk.says(YOUTH, "1")
    assert await rows(store, Wish) == 0


async def test_an_offer_is_forgotten_after_half_an_hour_and_over_a_restart(talk: Talkers, store: Store) -> None:
    await talk.says(YOUTH, "我想许个愿，想要一个篮球")
    talk.advance(timedelta(minutes=31))
    await talk.says(YOUTH, "1")
    await talk.says(YOUTH, "我想许个愿，想要一个篮球")
    await (await talk.restarted()).says(YOUTH, "1")
    assert await rows(store, Wish) == 0


@pytest.mark.parametrize(
    "words",
    [
        "我不想许愿",
        "先别给我许愿",
        "不投诉了吧",
        "别把我退了",
        "先别删我的数据",
        "不要给我报名",
        "不用登记心愿",
        "别停止记录",
    ],
)
async def test_what_is_negated_is_neither_done_nor_offered(talk: Talkers, store: Store, words: str) -> None:
    said = (await talk.says(YOUTH, words))[0]
    assert said != Said("common/offered_one")
    assert (await rows(store, Wish), await rows(store, Voice)) == (0, 0)


@pytest.mark.parametrize("words", ["把我的数据都删了", "全部抹掉 别留", "注销账号"])
async def test_what_cannot_be_undone_is_only_ever_offered(talk: Talkers, words: str) -> None:
    said = await talk.says(YOUTH, words)
    assert said[0].template in ("common/offered_one", "common/offered", "common/unknown")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "words", ["W4821 我来办", "有哪些待办", "发起一个志愿服务 周日上午九点 敬老院", "机关五个一怎么样了"]
)
async def test_nobody_is_offered_another_roles_words(talk: Talkers, words: str) -> None:
    said = (await talk.says(YOUTH, words))[0]
    data = said.data  # type: ignore[attr-defined]
    told = [data["word"]] if "word" in data else [word for word, _ in data.get("choices", ())]
    assert not {"认领", "待办", "发起", "机关进度"} & set(told)


@pytest.mark.rule("P1")
@pytest.mark.parametrize("words", ["我想许个愿 要个篮球", "最近有什么活动", "我要投诉", "把我的数据都删了"])
async def test_in_a_group_nobody_is_answered_who_did_not_speak_to_the_bot(talk: Talkers, words: str) -> None:
    assert await talk.says(YOUTH, words, group=GROUP) == []


async def test_behind_an_at_a_group_is_shown_what_everybody_may_see(talk: Talkers, store: Store) -> None:
    said = await talk.says(YOUTH, "最近有什么活动", group=GROUP, to_bot=True)
    assert said == [Said("activity/coming")]
    await talk.says(YOUTH, "我想许个愿 要个篮球", group=GROUP, to_bot=True)
    assert await rows(store, Wish) == 0


@pytest.mark.rule("P27")
async def test_after_words_of_danger_nothing_is_offered(talk: Talkers) -> None:
    await talk.says(YOUTH, "活着没意思，不想活了")
    await talk.says(YOUTH, "2")
    said = await talk.says(YOUTH, "我想许个愿，想要一个篮球")
    assert Said("common/offered_one") not in said


async def test_the_weights_are_those_of_the_sentences() -> None:
    """``make speech`` after every change of a sentence."""
    assert f'sentences = "{digest()}"' in WEIGHTS.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "right", "near"), [("youth", 0.58, 0.68), ("cadre", 0.6, 0.7)])
async def test_of_what_people_say_so_much_is_understood_and_nothing_is_done_that_was_not_meant(
    name: str, right: float, near: float
) -> None:

    lines = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    found = await scored(lines)
    verdicts = [one.verdict for one in found]
    assert [one for one in found if one.verdict == "fault"] == []
    assert verdicts.count("right") >= right * len(lines)
    assert verdicts.count("right") + verdicts.count("half") >= near * len(lines)


@pytest.mark.parametrize(
    "said",
    [
        "我不想许个愿",
        "不 想 许个愿",
        "别帮我报个名",
        "提醒不要恢复",
        "别给我登记心愿",
        "先不投诉那个人",
        "没打算找人说话",
    ],
)
async def test_what_is_not_wanted_in_other_words_is_not_offered(talk: Talkers, said: str) -> None:
    answers = await talk.says(YOUTH, said)
    assert [one for one in answers if one in (Said("common/offered_one"), Said("common/offered"))] == []
    assert [one for one in answers if one == Said("common/unknown")] == answers
