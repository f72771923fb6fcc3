"""Audited reads: nothing is shown that is not logged, or that was gone when it was logged; others write meanwhile."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select, update

from bot.chat.audited import READ_AGAIN
from bot.core.tables import Consent, Download
from bot.features.consultation.acts.answer import take_back
from bot.features.rights.acts.erase import erase_person
from bot.features.rights.reads.export import export_person
from bot.features.talk.acts.take_back import delete_my_messages
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.wish.acts.confirm import withdraw_wish
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.people import Person, RoleGrant
from bot.store.store import Store
from bot.store.unit import Unit
from tests.harness import Talkers
from tests.people_built import make_youth
from tests.pools_built import POOL_WORDS, make_pooled, make_resource
from tests.talks_built import SAID, make_talk
from tests.voices_built import WORDS, County, make_consultation, make_consultation_answer, make_county, make_voice
from tests.wishes_built import make_wish_of

CADRE, ADMIN, YOUTH = "10001", "30001", "20001"
WISHED, ADVISED = "想要一双手套", "想去敬老院"

Act = Callable[[Unit], Awaitable[Any]]


class Scene:
    """A county in which a youth has said everything that somebody may read."""

    def __init__(self, store: Store, talk: Talkers, county: County, refs: dict[str, int]) -> None:
        self.store, self.talk, self.county, self.refs = store, talk, county, refs

    async def says(self, who: str, words: str, **more: Any) -> str:
        return "\n".join(await self.talk.says(who, words.format(**self.refs), **more))

    async def audited(self, action: str) -> list[AuditEntry]:
        async with self.store.read() as session:
            rows = await session.execute(select(AuditEntry).where(AuditEntry.action == action))
            return list(rows.scalars())


@pytest_asyncio.fixture
async def scene(any_store: Store, tmp_path: Path) -> Scene:
    any_store.tombstones = tmp_path / "erased.log"
    county = await make_county(any_store)
    talk = await Talkers.open(any_store)
    question = await make_consultation(any_store, county.cadre, county.chat)
    await make_consultation_answer(any_store, county.youth, question, ADVISED)
    refs = {
        "voice": (await make_voice(any_store, county.youth)).ref,
        "wish": await make_wish_of(any_store, county.youth, county.cadre, WISHED),
        "pooled": await make_pooled(any_store, county.youth, county.cadre, county.org),
        "resource": await make_resource(any_store, county.org, county.admin, "制图教程 2 本"),
        "talk": await make_talk(any_store, county.chat, county.cadre, (county.youth, SAID)),
        "question": question,
    }
    await talk.sender.pump()  # what this made due is not what a reading shows
    return Scene(any_store, talk, county, refs)


READS = {
    "voice": (CADRE, "查看心声 V{voice}", "read.voice", WORDS),
    "wishes": (CADRE, "心愿列表", "read.wishes", WISHED),
    "wish": (CADRE, "查看心愿 W{wish}", "read.wish", WISHED),
    "pool": (ADMIN, "心愿池 全部", "read.pool", POOL_WORDS),
    "suggested": (ADMIN, "匹配 S{resource}", "read.pool", POOL_WORDS),
    "talk": (CADRE, "查看谈心 T{talk}", "read.talk", SAID),
    "talks": (CADRE, "我的谈心", "read.talks", "小赵"),
    "youths": (CADRE, "我的青年", "read.youths", "小赵"),
    "question": (CADRE, "查看问计 Q{question}", "read.consultation", ADVISED),
}
"""Who reads what by which words; how it is logged, and what it shows of the youth."""


def meanwhile(scene: Scene, monkeypatch: pytest.MonkeyPatch, *acts: Act) -> list[Act]:
    """Have each of these carried out after something was read and before it is logged; those that are left."""
    plain, left = scene.store.unit, list(acts)

    @asynccontextmanager
    async def unit(key: bytes | None = None, **options: Any) -> AsyncIterator[Unit]:
        if key is not None and left:
            async with plain() as other:
                await left.pop(0)(other)
        async with plain(key, **options) as made:
            yield made

    monkeypatch.setattr(scene.store, "unit", unit)
    return left


@pytest.mark.rule("P15")
@pytest.mark.parametrize("kind", READS)
async def test_a_reading_is_logged_once_for_whom_it_shows(scene: Scene, kind: str) -> None:
    who, words, action, shown = READS[kind]
    assert shown in await scene.says(who, words)
    (row,) = await scene.audited(action)
    assert row.subject_id == scene.county.youth.person_id


@pytest.mark.parametrize("kind", READS)
async def test_a_redelivered_reading_gives_one_answer_and_one_row(scene: Scene, kind: str) -> None:
    who, words, action, _ = READS[kind]
    incoming = scene.talk.incoming(who, words.format(**scene.refs))
    first = await scene.talk.deliver(incoming)
    assert (len(first), await scene.talk.deliver(incoming)) == (1, [])
    assert len(await scene.audited(action)) == 1


@pytest.mark.parametrize("kind", READS)
async def test_who_is_erased_while_they_are_read_is_not_shown(
    scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, words, action, shown = READS[kind]
    youth = scene.county.youth
    left = meanwhile(scene, monkeypatch, lambda unit: erase_person(unit, youth.person_id or 0, actor=youth))
    said = await scene.says(who, words)
    assert said
    assert (shown in said, left) == (False, [])
    assert await scene.audited(action) == []


@pytest.mark.rule("P15")
@pytest.mark.parametrize("kind", READS)
async def test_a_reading_that_cannot_be_logged_is_not_shown(
    scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, words, action, shown = READS[kind]

    async def fails(unit: Unit) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Unit, "write_audit", fails)
    said = await scene.says(who, words)
    assert shown not in said
    monkeypatch.undo()
    assert await scene.audited(action) == []


def _end_contact(scene: Scene) -> Act:
    return lambda unit: unit.session.execute(update(Contact).values(ended_at=unit.now))


WITHDRAWN: dict[str, Callable[[Scene], Act]] = {
    "voice": lambda s: lambda unit: withdraw_voice(unit, s.county.youth, s.refs["voice"]),
    "wishes": lambda s: lambda unit: withdraw_wish(unit, s.county.youth, s.refs["wish"]),
    "wish": lambda s: lambda unit: withdraw_wish(unit, s.county.youth, s.refs["wish"]),
    "pool": lambda s: lambda unit: withdraw_wish(unit, s.county.youth, s.refs["pooled"]),
    "suggested": lambda s: lambda unit: withdraw_wish(unit, s.county.youth, s.refs["pooled"]),
    "talk": lambda s: lambda unit: delete_my_messages(unit, s.county.youth.person_id or 0),
    "youths": _end_contact,
    "question": lambda s: lambda unit: take_back(unit, s.county.youth, s.refs["question"]),
}


@pytest.mark.parametrize("kind", WITHDRAWN)
async def test_what_is_withdrawn_while_it_is_read_is_not_shown(
    scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, words, _, shown = READS[kind]
    left = meanwhile(scene, monkeypatch, WITHDRAWN[kind](scene))
    said = await scene.says(who, words)
    assert said
    assert (shown in said, left) == (False, [])


@pytest.mark.parametrize("kind", ["voice", "wish", "wishes"])
async def test_a_contact_that_ends_while_it_is_used_to_read_shows_nothing(
    scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, words, action, shown = READS[kind]
    meanwhile(scene, monkeypatch, _end_contact(scene))
    assert shown not in await scene.says(who, words)
    assert await scene.audited(action) == []


@pytest.mark.parametrize("kind", READS)
async def test_whose_office_ends_while_they_read_is_refused(
    scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, words, action, shown = READS[kind]
    meanwhile(scene, monkeypatch, lambda unit: unit.session.execute(delete(RoleGrant)))
    assert shown not in await scene.says(who, words)
    assert await scene.audited(action) == []


async def test_what_changes_every_time_is_read_in_the_writers_turn_at_last(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever because others write."""

    async def renamed(unit: Unit) -> None:
        person = await unit.session.get_one(Person, scene.county.youth.person_id)
        person.name = await unit.seal(person.key_id, f"people:{person.id}:name", f"小赵{len(left)}")

    left = meanwhile(scene, monkeypatch, *[renamed] * 9)
    said = await scene.says(CADRE, "我的青年")
    assert f"小赵{len(left)}" in said
    assert len(left) == 9 - (2 + READ_AGAIN)
    assert len(await scene.audited("read.youths")) == 1


# --- the export ------------------------------------------------------------------------------------------------------


async def downloads(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(Download))).scalar_one()


@pytest.mark.parametrize(
    "act",
    [
        lambda s: lambda unit: withdraw_voice(unit, s.county.youth, s.refs["voice"]),
        lambda s: lambda unit: delete_my_messages(unit, s.county.youth.person_id or 0),
        lambda s: lambda unit: unit.session.execute(update(Consent).values(withdrawn_at=unit.now)),
    ],
    ids=["voice", "words of talks", "consent"],
)
async def test_an_export_holds_what_is_there_when_it_is_logged(
    scene: Scene, act: Callable[[Scene], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene.store.unit() as unit:
        unit.session.add(
            Consent(
                person_id=scene.county.youth.person_id,
                scope="profile",
                text_version="1",
                text_hash="",
                channel="qq",
                given_at=unit.now,
            )
        )
    left = meanwhile(scene, monkeypatch, act(scene))
    await scene.says(YOUTH, "导出我的数据")
    assert (left, await downloads(scene.store)) == ([], 1)
    (row,) = await scene.audited("rights.exported")
    async with scene.store.read() as session:
        held = await export_person(session, scene.store.vault, row.subject_id or 0, now=scene.store.clock.now())
    for kind in ("voices", "talks", "consents", "receipts"):
        assert row.facts["rows"][kind] == held.counts()[kind]


async def test_of_somebody_erased_meanwhile_there_is_no_export(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    youth = scene.county.youth
    meanwhile(scene, monkeypatch, lambda unit: erase_person(unit, youth.person_id or 0, actor=youth))
    said = await scene.says(YOUTH, "导出我的数据")
    assert said
    assert WORDS not in said
    assert (await downloads(scene.store), await scene.audited("rights.exported")) == (0, [])


async def test_a_redelivered_export_is_one_file_and_one_row(scene: Scene) -> None:
    incoming = scene.talk.incoming(YOUTH, "导出我的数据")
    await scene.talk.deliver(incoming)
    assert await scene.talk.deliver(incoming) == []
    assert (await downloads(scene.store), len(await scene.audited("rights.exported"))) == (1, 1)


async def test_others_write_while_an_export_is_zipped(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    import bot.plugins.rights as plugin

    plain, began, goes_on = plugin.archive, threading.Event(), threading.Event()

    def slow(export: Any) -> bytes:
        began.set()
        assert goes_on.wait(30)
        return plain(export)

    monkeypatch.setattr(plugin, "archive", slow)
    exporting = asyncio.create_task(scene.says(YOUTH, "导出我的数据"))
    assert await asyncio.to_thread(began.wait, 30)
    try:
        youth = await make_youth(scene.store, scene.county.org, "阿凯", "20002", cadre=scene.county.cadre)
        assert "小赵" in await scene.says(CADRE, "我的青年")
        assert not exporting.done()
    finally:
        goes_on.set()
    await exporting
    assert youth.known
    assert await downloads(scene.store) == 1
