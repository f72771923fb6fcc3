"""收到 and 没收到 under the question about one of several wishes, and in an open relay."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.store import Store
from tests.relay_scene import CADRE, KAI, ZHAO, Scene
from tests.wishes_built import make_wish_of


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    return await Scene.build(store)


async def carried(scene: Scene, number: str) -> list[int]:
    """Two wishes of this youth that their cadre says are done; the question about the first is open."""
    youth, refs = scene.youths[number], []
    for words in ("想要一本 CAD 教程", "想有人陪着跑步"):
        ref = await make_wish_of(scene.store, youth, scene.cadre, words, claimed=True)
        await scene.says(CADRE, f"完成 W{ref} 送到了")
        refs.append(ref)
    return refs


async def states(store: Store, refs: list[int]) -> list[Any]:
    async with store.read() as session:
        rows = {wish.ref: wish.state for wish in (await session.execute(select(Wish))).scalars()}
    return [rows[ref] for ref in refs]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("1", WishState.FULFILLED),
        ("收到", WishState.FULFILLED),
        ("收到。", WishState.FULFILLED),
        ("2", WishState.CADRE_HELPING),
        ("没收到", WishState.CADRE_HELPING),
        ("不需要了", WishState.WITHDRAWN),
    ],
)
async def test_its_words_answer_the_question_about_one_of_two_as_its_numbers_do(
    scene: Scene, store: Store, said: str, expected: WishState
) -> None:
    refs = await carried(scene, ZHAO)
    await scene.says(ZHAO, said)
    assert await states(store, refs) == [expected, WishState.CADRE_HELPING]
    await scene.says(ZHAO, "1")
    assert await states(store, refs) == [expected, WishState.FULFILLED]


async def test_with_its_number_the_word_is_the_command(scene: Scene, store: Store) -> None:
    refs = await carried(scene, ZHAO)
    await scene.says(ZHAO, f"收到 W{refs[1]}")
    assert await states(store, refs) == [WishState.CADRE_HELPING, WishState.FULFILLED]
    await scene.says(ZHAO, "没收到 少了一页")
    assert await states(store, refs) == [WishState.CADRE_HELPING, WishState.FULFILLED]


async def test_in_a_relay_it_answers_the_question_and_is_passed_on_to_nobody(scene: Scene, store: Store) -> None:
    refs = await carried(scene, KAI)
    await scene.says(KAI, "1")
    await scene.open(KAI)
    before = len(scene.talk.shown(CADRE))
    await scene.says(KAI, "收到")
    assert await states(store, refs) == [WishState.FULFILLED, WishState.FULFILLED]
    assert not any(words == "收到" for words in scene.talk.shown(CADRE)[before:])
