"""推荐经验: what is recommended has a kind, by its first word (R1.4)."""

import pytest

from bot.core.rules.people import Role
from bot.core.shipped import labels
from bot.features.upward.rules.upward import PracticeKind, practice_said
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person
from tests.said import Said, fields

CADRE, ADMIN = "10001", "30001"
NAMES = labels()["practice_kind"]
WORDS = "流动团课每周三晚上开"


@pytest.mark.parametrize(
    ("typed", "kind", "left"),
    [
        (f"先进典型 {WORDS}", PracticeKind.MODEL, WORDS),
        (f"先进典型：{WORDS}", PracticeKind.MODEL, WORDS),
        (f"好做法， {WORDS}", PracticeKind.METHOD, WORDS),
        (f"好经验 {WORDS}", PracticeKind.EXPERIENCE, WORDS),
        (WORDS, PracticeKind.EXPERIENCE, WORDS),
        ("先进典型", PracticeKind.EXPERIENCE, "先进典型"),
        ("先进典型怎么评，街道有个办法", PracticeKind.EXPERIENCE, "先进典型怎么评，街道有个办法"),
    ],
)
def test_the_first_word_says_the_kind_and_nothing_else_does(typed: str, kind: PracticeKind, left: str) -> None:
    assert practice_said(typed, NAMES) == (kind, left)


@pytest.mark.rule("R1.4")
async def test_the_organ_reads_the_kind_and_support_has_none(any_store: Store) -> None:
    talk = await Talkers.open(any_store)
    org = await make_org(any_store)
    await make_cadre(any_store, org, number=CADRE)
    await make_person(any_store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await talk.says(CADRE, f"推荐经验 先进典型 {WORDS}")
    assert talk.last(ADMIN) == Said("upward/arrived", kind=PracticeKind.MODEL, words=WORDS)
    [listed] = await talk.says(ADMIN, "经验列表")
    assert [line["kind"] for line in fields(listed)["lines"]] == ["model"]
    await talk.says(CADRE, "申请支持 周六下午想借一下会议室")
    [listed] = await talk.says(ADMIN, "支持列表")
    assert [line["kind"] for line in fields(listed)["lines"]] == [""]
